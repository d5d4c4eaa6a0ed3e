"""What is sold: families of products, services among them."""

from __future__ import annotations

from dataclasses import dataclass

from plugins.demo.tables import Table, filled

_FAMILIES = {
    "智能网关 Gateway": ("台", 6_800, ("Mini", "Standard", "Pro", "Rack")),
    "边缘服务器 Edge Server": ("台", 42_000, ("E1", "E2", "E4")),
    "采集终端 Terminal": ("台", 1_250, ("T100", "T200", "T300")),
    "工业平台 Platform": ("套/年", 180_000, ("Starter", "Business", "Enterprise")),
    "数据分析 Analytics": ("套/年", 96_000, ("Reports", "Forecast", "Quality")),
    "实施服务 Delivery": ("人天", 2_600, ("Consulting", "Integration", "Training")),
    "运维服务 Care": ("年", 24_000, ("Basic", "Plus", "7×24")),
}


@dataclass(frozen=True, slots=True)
class Product:
    """One product, as opportunities need to know it."""

    key: str
    family: str
    price: float


def products() -> tuple[list[Product], Table]:
    """The catalogue: the same in every size."""
    found: list[Product] = []
    rows = []
    for family, (unit, price, models) in _FAMILIES.items():
        short = family.split(" ")[-1]
        for step, model in enumerate(models):
            key = f"P-{len(found) + 1:03d}"
            listed = round(price * (1 + step * 0.75))
            found.append(Product(key, family, listed))
            rows.append(
                filled(
                    external_id=key,
                    name=f"{family} {model}",
                    code=f"{short}-{model}".upper(),
                    family=family,
                    unit=unit,
                    list_price=f"{listed:.2f}",
                )
            )
    return found, Table("product", rows)

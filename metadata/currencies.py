"""The currencies that amounts may be in, and how many digits each has after the point."""

from __future__ import annotations

_ODD = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD
    CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS
    GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD
    LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB
    PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP
    SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW
    ZWG
"""
# Withdrawn in 2025 and 2026: amounts of those days keep their meaning.
_JUST_WITHDRAWN = "ANG BGN"

_DIGITS: dict[str, int] = {
    code: digits
    for digits, codes in (*_ODD.items(), (2, _TWO), (2, _JUST_WITHDRAWN))
    for code in codes.split()
}
MOST_DIGITS = max(_DIGITS.values())
CODES = frozenset(_DIGITS)
"""The codes of ISO 4217 that amounts come in: no metals, no test codes."""


def digits(code: str) -> int | None:
    """How many digits amounts in this currency have after the point; None if there is no such."""
    return _DIGITS.get(code)

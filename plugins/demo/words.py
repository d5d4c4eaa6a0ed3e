"""Words that names are made of. All companies and people are invented."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A Chinese word and how it is written in Latin letters."""

    text: str
    latin: str


def _words(text: str) -> tuple[Word, ...]:
    return tuple(Word(*pair.split("/")) for pair in text.split())


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SURNAMES = _words(
    "王/wang 李/li 张/zhang 刘/liu 陈/chen 杨/yang 赵/zhao 黄/huang 周/zhou 吴/wu 徐/xu 孙/sun 胡/hu"
    " 朱/zhu 高/gao 林/lin 何/he 郭/guo 马/ma 罗/luo 梁/liang 宋/song 郑/zheng 谢/xie 韩/han 唐/tang"
    " 冯/feng 于/yu 董/dong 萧/xiao 程/cheng 曹/cao 袁/yuan 邓/deng 许/xu 傅/fu 沈/shen 曾/zeng 彭/peng"
    " 吕/lv 苏/su 卢/lu 蒋/jiang 蔡/cai 贾/jia 丁/ding 魏/wei 薛/xue 叶/ye 阎/yan 欧阳/ouyang 上官/shangguan"
)
GIVEN = _words(
    "伟/wei 芳/fang 娜/na 敏/min 静/jing 丽/li 强/qiang 磊/lei 军/jun 洋/yang 勇/yong 艳/yan 杰/jie 娟/juan"
    " 涛/tao 明/ming 超/chao 秀英/xiuying 霞/xia 平/ping 刚/gang 桂英/guiying 建华/jianhua 文静/wenjing"
    " 志强/zhiqiang 海燕/haiyan 晓东/xiaodong 雪梅/xuemei 国栋/guodong 嘉怡/jiayi 子轩/zixuan 浩然/haoran"
    " 雨桐/yutong 思远/siyuan 俊杰/junjie 欣怡/xinyi 立新/lixin 红梅/hongmei 卫东/weidong 春华/chunhua"
    " 少华/shaohua 慧敏/huimin 永胜/yongsheng 佳琪/jiaqi 振宇/zhenyu 淑芬/shufen 博文/bowen 晨曦/chenxi"
)
FIRST_NAMES = _listed(
    "Anna Ben Clara David Elena Frank Grace Henrik Ines James Karin Lukas Maria Nils Olivia "
    "Peter Quentin Rosa Samuel Tessa Ulrich Vera Walter Yvonne Adrian Beatrice Carlos Diana "
    "Erik Fiona Gustav Hannah Ivan Julia Kevin Laura Martin Nadia Oscar Paula Rafael Sofia "
    "Thomas Ursula"
)
LAST_NAMES = _listed(
    "Albers Bennett Castillo Dreyer Eriksen Fontaine Gallagher Hartmann Ivanova Jansen Keller "
    "Lindqvist Moreau Nakamura Okafor Pereira Quinn Rossi Schneider Tanaka Underwood Vogel "
    "Whitfield Young Zimmer Abbott Baumann Conti Delgado Engel Fischer Grant Hughes Keane "
    "Larsen Mercer Novak Olsen Petrov Reyes Sato Turner Vega Wagner"
)

CHINESE_STEMS = _words(
    "瑞恒/Ruiheng 博远/Boyuan 启辰/Qichen 鼎诚/Dingcheng 盛禾/Shenghe 卓岳/Zhuoyue 凌云/Lingyun 宏图/Hongtu"
    " 佳禾/Jiahe 泽润/Zerun 景明/Jingming 万象/Wanxiang 嘉树/Jiashu 铭德/Mingde 惠风/Huifeng 长风/Changfeng"
    " 致远/Zhiyuan 元亨/Yuanheng 松柏/Songbai 朗月/Langyue 沐阳/Muyang 青岚/Qinglan 百川/Baichuan 观澜/Guanlan"
    " 安岭/Anling 峻岭/Junling 海纳/Haina 星野/Xingye 拓新/Tuoxin 维度/Weidu 承启/Chengqi 融汇/Ronghui"
    " 云帆/Yunfan 江源/Jiangyuan 北辰/Beichen 南屏/Nanping 东篱/Dongli 西岭/Xiling 中衡/Zhongheng 华曜/Huayao"
)
WESTERN_STEMS = _listed(
    "Norbrook Alderwick Castellane Dunmore Eastgate Fairhaven Greystone Halvorsen Ironbridge "
    "Kestrel Lindholm Marchetti Northwind Oakfield Pemberton Quillon Ravenscar Silverton "
    "Thornbury Valemont Westbrook Zellweg Bergström Corvane"
)


class Branch(NamedTuple):
    """A line of business, and the industry that it counts as."""

    chinese: str
    english: str
    industry: str


BRANCHES = (
    Branch("医疗科技", "Medical", "healthcare"),
    Branch("汽车零部件", "Automotive", "auto_parts"),
    Branch("新能源", "Energy", "energy_power"),
    Branch("电子", "Electronics", "electronics_manufacturing"),
    Branch("供应链", "Logistics", "logistics"),
    Branch("精细化工", "Chemicals", "fine_chemicals"),
    Branch("智能装备", "Machinery", "equipment_manufacturing"),
    Branch("食品", "Foods", "consumer_goods"),
    Branch("家居", "Interiors", "home_building"),
    Branch("农业", "Agro", "agri_inputs"),
    Branch("教育", "Learning", "education_training"),
    Branch("云服务", "Cloud", "saas"),
    Branch("信息技术", "Systems", "ict"),
    Branch("国际贸易", "Trading", "foreign_trade"),
    Branch("咨询", "Advisory", "professional_services"),
)


class City(NamedTuple):
    """Where an account is; `area` is the sales area that looks after it."""

    name: str
    region: str
    country: str
    area: str


def _cities(area: str, country: str, text: str) -> tuple[City, ...]:
    pairs = (pair.split("/") for pair in text.split())
    return tuple(City(name, region, country, area) for name, region in pairs)


CHINESE_CITIES = (
    *_cities(
        "north", "中国", "北京/北京 天津/天津 石家庄/河北 济南/山东 青岛/山东 沈阳/辽宁 西安/陕西"
    ),
    *_cities(
        "east", "中国", "上海/上海 苏州/江苏 南京/江苏 杭州/浙江 宁波/浙江 合肥/安徽 无锡/江苏"
    ),
    *_cities(
        "south", "中国", "深圳/广东 广州/广东 东莞/广东 厦门/福建 长沙/湖南 成都/四川 重庆/重庆"
    ),
)
WESTERN_CITIES = (
    *_cities("international", "Germany", "Munich/Bavaria Hamburg/Hamburg Stuttgart/Württemberg"),
    *_cities("international", "United Kingdom", "Leeds/Yorkshire Bristol/England"),
    *_cities("international", "Netherlands", "Rotterdam/Holland Eindhoven/Brabant"),
    *_cities("international", "Singapore", "Singapore/Singapore"),
    *_cities("international", "United States", "Chicago/Illinois Austin/Texas Portland/Oregon"),
)
AREAS = {
    "north": ("华北区", "North China"),
    "east": ("华东区", "East China"),
    "south": ("华南区", "South China"),
    "international": ("国际区", "International"),
}

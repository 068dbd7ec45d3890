"""Other makers' names: a model right after one of them (宝马X5, 吉利的S3) is theirs and not ours."""

from __future__ import annotations

import re

OTHER_BRANDS = (
    "宝马", "奔驰", "奥迪", "大众", "上汽大众", "一汽大众", "丰田", "本田", "日产", "东风日产", "别克",
    "雪佛兰", "福特", "特斯拉", "比亚迪", "吉利", "吉利汽车", "长安", "长城", "哈弗", "奇瑞", "蔚来",
    "理想", "小鹏", "问界", "极氪", "零跑", "小米", "沃尔沃", "雷克萨斯", "凯迪拉克", "路虎", "捷豹",
    "保时捷", "马自达", "现代", "北京现代", "起亚", "红旗", "五菱", "荣威", "名爵", "传祺", "广汽传祺",
    "埃安", "领克", "魏牌", "坦克", "捷途", "江淮", "东风", "哪吒", "岚图", "深蓝", "阿维塔", "智己",
    "标致", "雪铁龙", "斯柯达", "三菱", "铃木", "英菲尼迪", "讴歌", "林肯", "吉普", "北汽", "几何", "欧拉",
    "星途", "腾势", "仰望", "方程豹", "高合", "宝骏", "海马", "众泰", "猎豹", "东南", "斯巴鲁", "玛莎拉蒂",
    "法拉利", "宾利", "劳斯莱斯", "smart", "mini", "jeep", "bmw", "audi", "benz", "byd", "tesla", "volvo",
    "nio", "honda", "toyota",
)  # fmt: skip
_BEFORE_A_MODEL = re.compile(
    rf"(?:{'|'.join(sorted(OTHER_BRANDS, key=len, reverse=True))})(?:家|牌)?(?:的|汽车|车)?[ \-·]?$"
)


def is_other_makers(folded: str, start: int) -> bool:
    """Whether another maker's name stands right before `start` in a folded text."""
    return _BEFORE_A_MODEL.search(folded[max(0, start - 10) : start]) is not None

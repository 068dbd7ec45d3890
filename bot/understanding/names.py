"""The customer's name: said as such, beside a phone number, or as a message of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

COMPOUND = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|司徒|司空|夏侯|轩辕|端木|独孤|南宫|百里|呼延|澹台|申屠|太史|闻人|西门|钟离|完颜|纳兰"
SINGLE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范"
    "汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤温康施樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳"
    "翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戴岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝封官谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
COMMON = frozenset(SINGLE[:230])
"""Surnames frequent enough to begin a name that stands alone; the rarer ones need 我叫 or 姓."""
ALWAYS = frozenset(SINGLE)

# Two-character words that begin with a surname; a bare message that begins with one is no name.
_WORDS = frozenset(
    "白痴 白费 白忙 沙龙 周一 周二 周三 周四 周五 周六 周日 周天 周末 周边 周到 周围 周期 周年 周岁 周转 高速 高铁 高配 高兴 高级 高端 高架 高温 高峰 高低 高度 高压 高中 高价 高手 高档 高了"
    " 安排 安全 安静 安装 安心 安卓 安好 安检 方便 方向 方案 方面 方式 方法 方盒 马上 马力 马路 马达 马马 明天 明年 明早 明晚 明儿 明后 明白 明确 明明 明显 明细 明日 明夭"
    " 谢谢 谢了 谢啦 谢过 谢您 谢你 金额 金融 金色 金属 金牌 金卡 金钱 常规 常见 常用 常州 常常 常温 常年 全部 全款 全车 全额 全新 全国 全程 全年 全套 全系 全景 全天 全险 全家 全贷 全是 全都"
    " 任何 任意 任务 任选 任性 时间 时候 时速 时长 时段 时效 时机 时尚 车子 车辆 车型 车牌 车况 车险 车贷 车库 车位 车身 车窗 车灯 车门 车主 车架 车机 车展 车友 车祸 车船 车价 车漆 车胎 车钥 车内 车里 车坏 车没 车被 车在 车是 车号 车重 车长 车宽 车高 车我"
    " 白色 白天 白车 白漆 白银 白条 黄色 黄金 黄灯 黄昏 黄牛 温度 温州 温馨 温控 左右 左边 左侧 左转 左前 左后 成功 成都 成本 成交 成人 成为 成吧 成啊 成的 成年 许多 许久 许可 于是 于此 向前 向后 向左 向右 向上 向您 向你 向东 向西 向南 向北"
    " 路上 路边 路口 路过 路况 路段 路程 路费 路灯 路测 路由 万一 万元 万左 万多 万里 万吧 毛病 毛利 何时 何地 何必 何况 何处 何种 应该 应急 应付 应当 平时 平均 平安 平台 平常 平板 江州 江边 江西 江苏 江南 江北 连接 连续 连不 连着 关于 关门 关闭 关键 关机 关注 关系 关掉"
    " 夏天 夏季 夏日 夏装 白跑 单独 单位 单子 单踏 单人 单程 单身 解释 解决 解除 解锁 解压 和谐 和他 和我 和你 和她 顾问 顾客 严重 严格 简单 简直 简配 包括 包含 包修 包赔 包邮 包过 包牌 包子 余下 余额 余款 汤圆 阳光 阳台 石油 石头 龙头 江河"
    " 都行 都可 都有 都是 都要 都不 都好 都能 来吧 来吗 来了 来店 来不 来电 来个 那就 那个 那天 那行 那好 那是 那你 那我 那辆 那款 那台 那家 那不 那算 初次 初保 但是 国庆 国产 国六 国五 国内 国外 国家 公里 公司 公户 公交 公开 修车 修理 修好 信息 信号 信用 由于 元旦 元宵 支持 支付 支架 计划 计算 相关 相信 相当 满意 满了 满一 位置"
    " 强烈 强制 海外 平路 平稳 边上 边上 盘子 闻到 查一 查下 查询 查看 查车 查我 查查 查违 游客 管理 管家 管他 管用 师傅 冷却 冷车 冷气 冷风 冷启 景区 商量 商业 商务 房子 房贷 童车 童椅 符合 季度 季节 康复 施工 施救 盛夏 成吗 章程 程序 程度 宋体 唐突 田里 石子 丁点 段时 雷克 雷达 雷雨 雷凌 江铃 毕竟 毕业 曲轴 申请 申诉 申报 翁婿 辛苦 尚可 尚未 齐全 易车 易损 乔迁"
    " 金的 万达 程式 金刚 易拉 武汉 苏州 徐州 郑州 杭州 广州 贵州 惠州 兰州 柳州 温州 梅州 米其 米色 米饭 费用 费油 费电 宝马 奔驰 房车 林荫 水箱 高德 黎明 秦岭 秦皇 陆续 陆上 陆地 陆巡 孔位 甘肃 宁波 宁愿 宁夏 鲁莽 古董 柴油 麦克 席位 卫生 景色 桂林 蓝色 蓝牙 蓝天 蓝光 银色 银行 银灰 灰色 古铜 墨绿 云南 丰田 福特 吉利 凌晨 陶瓷 冷吗 贺卡 庄重 孟加 童年 项目 项链 贾某 曾经 时不 韩国 韩系 吴江 江湖 包我 顾虑 梁柱 侯着 单号 单双 单价 单买 熊猫 管道 田地 雷电 韩语 韩车 童话 万物 万岁 万能 万公 焦虑 焦急 焦味 焦糊 左侧 游玩 游戏 游泳 成果 成色 武装 金光 盛情 向导 江水 易懂 易燃 汪汪 贾府 胡说 胡扯 胡来 胡乱 胡闹 胡子 何苦 何来 曹操 谷歌 程咬 傅里 钟头 钟表 钟点 罗嗦 罗马 罗列 罗盘 罗永 史上 丁字 孔雀 毛巾 毛毯 毛坯 石家 石灰 唐朝 宋朝 曾用 邓紫 余生 余量 叶子 叶片 陈旧 陈述 陈列 杨柳 杨树 黄页 黄浦 李子 张嘴 张口 张力 张数 张贴 王者 王牌 王八 王炸 刘海 孙子 朱红 高高 高新 高质 高清 高亮 高光 高反 高考 林肯 林区 胡同 马桶 马自 马勒 郭德 许愿 许诺 姚明 温柔 温水 温泉 齐了 万向 万块 万五 万二 万三 万六 万八 钱包 钱不 钱多 钱退 钱我 钱呢 钱要 武器 尹天 莫名 莫非 莫要 莫急 颜色 颜值 庞大 童鞋 关心 关车 安安 易手 阎王 路虎 路线 路怒 梅雨 贵宾 车车 时光 时刻 明后"
    "".split()
)
_GIVEN_NEVER = "的了吗呢吧啊呀哦嘛么不没是我你您他她它们这哪什怎很还就要想能给把被吃喝问买卖修约有几个台辆位点号店元块多少说跟最太再又请让找谁些里下去过到错"
_SURNAME = rf"(?:{COMPOUND}|[{SINGLE}])"
_GIVEN = rf"[^\W\d_a-z{_GIVEN_NEVER}]"
_STOP = (
    r"(?!电话|手机|号码|联系|预约|试驾|今天|明天|后天|周[一二三四五六日末]|星期|下周|先生|女士|小姐|太太|车牌|车主|开的|咨询|下午|上午|打算|准备|需要|来看|来做|来试|也可|男|女(?![一-鿿])|帮|和|,|青岚)"
)
_FULL = rf"(?:(?:{COMPOUND}){_STOP}{_GIVEN}(?:{_STOP}{_GIVEN})?|[{SINGLE}]{_STOP}{_GIVEN}(?:{_STOP}{_GIVEN})?)"
_TITLE = r"(?:先生|女士|小姐(?!姐)|太太|同学|老师)"
_INTRODUCED = re.compile(
    rf"(?:我(?:的)?(?:名字|姓名|全名|大名)?(?:叫做?|是叫)|(?:名字|姓名|联系人|预约人|车主|称呼|收件人|姓名填)(?:是|叫|为|写|改成|改为|填)?[:,]? ?|(?:名字|姓名)[^。]{{0,6}}(?:是|叫|改成|改为|换成)|(?<![一-鿿])叫)"
    rf"(?P<name>{_FULL}{_TITLE}?)"
)
_CALLED = re.compile(rf"(?:叫|称呼|喊)我(?P<name>(?:小|老|阿)?{_SURNAME}(?:{_TITLE}|总|哥|姐|师傅|工)|{_FULL}{_TITLE}?|[小老阿][{SINGLE}])")
_IM = re.compile(rf"(?<![一-鿿])我是(?P<name>{_FULL})(?=$|[,.。!;、 \d]|电话|手机|号码|,)")
_SURNAMED = re.compile(rf"(?:免贵|敝|我|本人|鄙人|^|[,.。 ])姓(?P<name>{COMPOUND}|[{SINGLE}])(?!名)")
_TITLED = re.compile(rf"(?<![一-鿿找])(?:我是|我叫|这里是|是|姓名|预约人|联系人|车主|叫|登记)?[: ]?(?P<name>(?:{COMPOUND}|[{SINGLE}])(?:{_GIVEN}{{1,2}}?)?{_TITLE})")
_ALONE = re.compile(rf"(?:{COMPOUND}){_GIVEN}{{1,2}}|[{SINGLE}]{_GIVEN}{{1,2}}")


@dataclass(frozen=True)
class Name:
    """A name at [start, end) of the folded text; a title (张先生) is kept."""

    name: str
    start: int
    end: int


def find_names(folded: str, taken: list[tuple[int, int]], is_form_data: bool) -> list[Name]:
    """The customer's name, at most one.

    `taken` are the spans of other entities; what stands between them may be a name of its own when the message carries
    a phone number or a plate (`is_form_data`) or is nothing but that name.
    """
    for match in _introductions(folded):
        start, end = match.span("name")
        if not any(start < other_end and end > other_start for other_start, other_end in taken):
            return [Name(match["name"], start, end)]
    return list(_alone(folded, taken, is_form_data))[:1]


def _introductions(folded: str) -> Iterator[re.Match[str]]:
    for pattern in (_INTRODUCED, _CALLED, _SURNAMED, _TITLED, _IM):
        for match in pattern.finditer(folded):
            if match["name"][:2] not in _WORDS:
                yield match


def _alone(folded: str, taken: list[tuple[int, int]], is_form_data: bool) -> Iterator[Name]:
    pieces = list(_pieces(folded, taken))
    if not is_form_data and (len(pieces) != 1 or taken):
        return
    for start, end in pieces:
        word = folded[start:end]
        if is_name(word):
            yield Name(word, start, end)


def _pieces(folded: str, taken: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    blanked = folded
    for start, end in taken:
        blanked = blanked[:start] + " " * (end - start) + blanked[end:]
    for match in re.finditer(r"[^\s,.。!?;:、/|+()\-·~]+", blanked):
        piece = re.sub(r"(?:电话|手机号?|号码|吧|的|,)+$", "", match[0])
        if piece:
            yield match.start(), match.start() + len(piece)


def is_name(word: str) -> bool:
    """Whether a word by itself is a person's name: a known surname, one or two more characters, and no common word."""
    if _ALONE.fullmatch(word) is None or word[:2] in _WORDS:
        return False
    return word[0] in COMMON or re.match(COMPOUND, word) is not None

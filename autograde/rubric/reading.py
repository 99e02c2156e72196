"""Read an answer as it was written: sentences and clauses in Latin and Chinese script, without losing a place.

Everything here keeps positions: character i of the normalized text stands for character i of the answer, so whatever is
found in the one can be quoted from the other.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

LONGEST = 10_000  # characters that are read: some five pages, and no short answer is as long

_SIMPLER = dict(
    zip(
        "張個這為與應該對錯們時後從實現變數據組層讀寫線長庫開關動態語義類別區轉換運執調試號碼進環圖義維結構隊序優級縮"
        "損標準確復雜輸輪導備份編譯節點擴網絡絕將會過還沒無說問題單東車馬書學習練訓評價預測總體處產業務員場參內部來當"
        "種記錄憶顯卡機電腦視窗檔項並給於係統計畫側較強適繼承屬鍵設異議歸較純儲憑鏈夠需傳遞歷視頻屆選擇雙連續遠邊錄"
        "隨離間隱難響頁顧飛齊塊麼麗舊萬買賣賴貫質費資賦趨跡蹤軟輯農遲鄰醫釋鐘鎖門閉陣陽際險靜韻領頭額顆驗髮齡啟嘗圍"
        "堅報壓壞夾專尋導崗帶幣廠廣廢彈彎徑徹愛慣慮憂戰戲擊擬擠擴擾敗敵斷昇曉曆會朧條極榮樂樣樹橋橫檢櫃欄權歐歡歲殘殺"
        "洩準溝滅滿漢潛澤濾濃灣災煩爐爭爺牆獎獨獲玆瑣畢療發皚盤睏礎禮秘稱穩窮競筆築簡籤糾紅級紋細終絲經綠維綜緊緩緯縫"
        "縱織繪罰罷羅聯聲聽職肅脫腦腳臉臨舉艱藝藥蘭虛蟲術衛衝補裝裡複規覽觀觸訂討託訪許詞詢詳誤誰課談請論證識譜護負財"
        "責貨貼賽軌輕載輛辦辭迴逾違邏鄉釘針鈕銀錢鏡閱闊陸陳隻雖電靈預顏願顛風餘騙體鬆點黨龍",
        "张个这为与应该对错们时后从实现变数据组层读写线长库开关动态语义类别区转换运执调试号码进环图义维结构队序优级缩"
        "损标准确复杂输轮导备份编译节点扩网络绝将会过还没无说问题单东车马书学习练训评价预测总体处产业务员场参内部来当"
        "种记录忆显卡机电脑视窗档项并给于系统计划侧较强适继承属键设异议归较纯储凭链够需传递历视频届选择双连续远边录"
        "随离间隐难响页顾飞齐块么丽旧万买卖赖贯质费资赋趋迹踪软辑农迟邻医释钟锁门闭阵阳际险静韵领头额颗验发龄启尝围"
        "坚报压坏夹专寻导岗带币厂广废弹弯径彻爱惯虑忧战戏击拟挤扩扰败敌断升晓历会胧条极荣乐样树桥横检柜栏权欧欢岁残杀"
        "泄准沟灭满汉潜泽滤浓湾灾烦炉争爷墙奖独获兹琐毕疗发皑盘困础礼秘称稳穷竞笔筑简签纠红级纹细终丝经绿维综紧缓纬缝"
        "纵织绘罚罢罗联声听职肃脱脑脚脸临举艰艺药兰虚虫术卫冲补装里复规览观触订讨托访许词询详误谁课谈请论证识谱护负财"
        "责货贴赛轨轻载辆办辞回逾违逻乡钉针钮银钱镜阅阔陆陈只虽电灵预颜愿颠风余骗体松点党龙",
        strict=True,
    )
)
_PLAIN = {"‘": "'", "’": "'", "“": '"', "”": '"', "`": " ", "*": " ", "#": " ", ">": " ", "\t": " ", "\xa0": " "}
_CALL = re.compile(r"(?<=[\w.])\([^()\n]*\)")  # commas in a call part no clauses
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|resp|approx|cf)\.")
_SENTENCE_END = re.compile(r"\.(?=\s|$|[一-鿿])|[!?](?!=)|[。;]|\n(?=\s*(?:\n|$|[-+•·(\[]|\d|[^a-z\s]))")
_CLAUSE_END = re.compile(
    r"[,:\n—–…]| - |=>|->|→|\b(?=(?:but|whereas|while|although|though|however|because|unlike)\b)"
    r"|(?=但|然而|因为|所以|却|反而)|(?<![然从因反])(?=而(?!且))"
)


def normalize(text: str) -> str:
    """Lower case, half width, simplified characters, without Markdown's marks; exactly as long as `text`."""
    return "".join(map(_one, text))


def _one(char: str) -> str:
    char = _PLAIN.get(char, char)
    wide = unicodedata.normalize("NFKC", char).lower()
    char = wide if len(wide) == 1 else char
    return _SIMPLER.get(char, char)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence, from character `start` to `end`."""

    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class Answer:
    """An answer and its normalized form, cut into clauses."""

    text: str

    @cached_property
    def plain(self) -> str:
        return normalize(self.text)

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Start and end of every sentence that is not blank."""
        masked = _ABBREVIATION.sub(lambda found: " " * len(found[0]), self.plain)
        return tuple(_parts(masked, _SENTENCE_END, 0, len(masked)))

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        masked = _CALL.sub(lambda found: " " * len(found[0]), self.plain)
        return tuple(
            Clause(*part, number)
            for number, (start, end) in enumerate(self.sentences)
            for part in _parts(masked, _CLAUSE_END, start, end)
        )

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return tuple(clause.start for clause in self.clauses)

    def clause_at(self, position: int) -> int:
        """The number of the clause around a character, or of the last one before it."""
        return max(0, bisect_right(self._starts, position) - 1)


def _parts(text: str, ends: re.Pattern[str], start: int, stop: int) -> list[tuple[int, int]]:
    cuts = [start, *(found.end() for found in ends.finditer(text, start, stop)), stop]
    pairs = pairwise(cuts)
    return [(begin, end) for begin, end in pairs if any(map(str.isalnum, text[begin:end]))]

"""Invented names, in the scripts and with the letters of people who come to Bari; and what programs do to such names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Name:
    """A name, the script that it is in, and its words as they stand on the page, each with the blank that follows it."""

    script: str
    text: str
    words: tuple[str, ...]


VIRAMA = 9
"""What Unicode says of the marks that join a letter to the next."""
FROM_LEFT = {
    "Latin": ("Zdzisława Łętowska", "Ștefăniță Țăranu", "Őrségi Tűzföldi", "Šárka Křížková", "Þórdís Æsgeirsdóttir"),
    "Vietnamese": ("Nguyễn Thị Hiền", "Đặng Trường Vỹ", "Ưng Quỳnh Ngọc"),
    "Turkish, Azeri": ("Gülşen Çağrı İnce", "Işıl Yıldırım", "Əliyeva Günəş"),
    "Yoruba, Igbo, Hausa": ("Adéọlá Ọlátúnjí", "Ṣẹ̀gun Ọ̀ṣọ́", "Ńkẹ̀chí Ụ̀zọ̀", "Ɗanladi Ƙofar Ɓauchi"),
    "Cyrillic": ("Мирослава Їжакевич", "Ґалаґан Єфросинія", "Ђорђе Њежић", "Әлия Құнанқызы Өтегенова"),
    "Greek": ("Ελένη Παπαδάκη", "Ἀθηνᾶ Ὄρφνη", "Ιωάννης Ταΰγετος"),
    "Bengali": ("মোহাম্মদ উদ্দিন", "কৃষ্ণা চট্টোপাধ্যায়", "ক্ষিতীশ ব্রহ্ম", "রৌশন জ্যোৎস্না"),
    "Devanagari": ("लक्ष्मी श्रेष्ठ", "ज्ञानेन्द्र शर्मा", "कुँवर त्रिपाठी"),
    "Gurmukhi": ("ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "ਹਰਜਿੰਦਰ ਕੌਰ", "ਸ਼੍ਰੀਕਾਂਤ ਗਿੱਲ"),
    "Tamil": ("வேலுப்பிள்ளை", "கௌசல்யா ஶ்ரீ", "தமிழ்ச்செல்வி கொற்றவை"),
    "Sinhala": ("ශ්‍රීමතී ප්‍රියන්ති", "රාජපක්ෂ කෞශල්‍යා", "ජයවර්ධන නෝනා"),
    "Ethiopic": ("ሰላማዊት ገብረየስ", "ኃይለልዑል ጸጋዬ", "ፍረወይኒ ተኽለሃይማኖት", "ቘልዓ ሓጎስ"),
    "Georgian": ("გიორგი ლომთათიძე", "ნინო წყალტუბელი", "ქეთევან ჟღენტი"),
    "Armenian": ("Անահիտ Գրիգորեանց", "Ծովինար Եղիազարյան", "Արև Ֆիդանյան"),
    "Thai": ("ปิ่นทอง น้ำเพชร", "กัลยาณี ฐิติกุล", "ผู้ใหญ่ที่รู้จัก"),
    "Khmer": ("សុខា ជ័យវ័ន្ត", "ស្រីមុំ ព្រហ្មា", "ខ្ញុំ កញ្ញា"),
    "Burmese": ("မောင်ကြည်ဆွေ", "ခင်မြတ်နွယ်", "သန္တာ ဦးချစ်"),
    "Tifinagh": ("ⵜⴰⴼⵓⴽⵜ ⴰⵢⵜ ⵓⵎⴰⵔ", "ⵉⴷⵉⵔ ⴰⵎⵖⴰⵔ", "ⵎⴰⵙⵙⵉⵏ ⵜⵉⵣⵉⵔⵉ"),
}
FROM_RIGHT = {
    "Arabic": ("محمد عبد الرحمن", "أمينة الهاشمي", "لآلئ مُحَمَّد", "إسراء المؤيد"),
    "Urdu, Farsi, Pashto, Kurdish": ("ژیلا پرچمی کیانی", "ښکلا ځواک ډېره", "ڕێبوار گوڵی ڤیان", "ظہیر گلزار ٹوانہ"),
    "Hebrew": ("אברהם צוויקל", "שָׂרָה בֶּן־דָּוִד", "מרים יוסף"),
    "N'Ko": ("ߡߊ߬ߡߊߘߎ߫ ߖߊߟߏ", "ߝߊ߬ߕߎ ߞߋߕߊ", "ߛߋ߬ߞߎ ߕߎߙߋ"),
    "Adlam": ("𞤀𞤥𞤢𞤣𞤵 𞤄𞤢𞤤𞤣𞤫", "𞤃𞤢𞤪𞤭𞤴𞤢𞤥𞤢 𞤔𞤢𞤤𞤮", "𞤀𞥄𞤧𞤢𞤼𞤵 𞤅𞤮𞥅"),
}
MIXED = (
    ("jalal Ĵoe", (0, 1)),
    ("Amina أمينة", (0, 1)),
    ("Łucja Мирослава", (0, 1)),
    ("Rahim রহিম ሰላም", (0, 1, 2)),
    ("Nur نور الدين", (0, 2, 1)),
)


def _name(script: str, text: str, order: Iterable[int]) -> Name:
    words = re.findall(r"\S+ ?", text)
    return Name(script, text, tuple(words[at] for at in order))


NAMES = (
    *(_name(script, text, range(len(text.split()))) for script, texts in FROM_LEFT.items() for text in texts),
    *(_name(script, text, reversed(range(len(text.split())))) for script, texts in FROM_RIGHT.items() for text in texts),
    *(_name("mixed", text, order) for text, order in MIXED),
)


def _swapped(text: str) -> str:
    """The first two signs of a word, the other way round."""
    at = next(at for at in range(len(text) - 1) if " " not in text[at : at + 2] and text[at] != text[at + 1])
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _unmarked(text: str) -> str:
    """Without its first mark."""
    whole = unicodedata.normalize("NFD", text)
    at = next((at for at, letter in enumerate(whole) if unicodedata.category(letter) in ("Mn", "Mc")), len(whole))
    return unicodedata.normalize("NFC", whole[:at] + whole[at + 1 :])


def _parted(text: str) -> str:
    """Each letter by itself: not joined, no conjunct. The same text where letters stand by themselves anyway."""
    joins = any(unicodedata.combining(letter) == VIRAMA or unicodedata.bidirectional(letter) in ("R", "AL") for letter in text)
    return "\u200c".join(text) if joins and not "\u0590" < text[0] < "\u0600" else text


def _backwards(text: str) -> str:
    """As a program draws it that knows one direction only."""
    override = "\u202d" if any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in text) else "\u202e"
    return f"{override}{text}\u202c"


SPOILT: Mapping[str, Callable[[str], str]] = {
    "two letters swapped": _swapped,
    "a mark dropped": _unmarked,
    "letters not joined": _parted,
    "from the wrong side": _backwards,
    "a box": lambda text: "\u25a1" + text[1:],
    "a question mark": lambda text: "?" + text[1:],
    "the last letter cut off": lambda text: text[:-1],
    "a circle for a lost letter": lambda text: f"{text[:1]}\u25cc{text[1:]}",
}
"""What programs do to names."""

"""TF-IDF: the words that tell each poem from the others.

$ glowray examples tf_idf
sonnet018  thou 5.55  fair 4.16  shall 4.16
sonnet029  state 4.16  him 2.77  like 2.77
sonnet116  alters 2.77  ever 2.77  not 2.77
sonnet130  her 6.93  red 4.16  are 2.77
"""

import math
import re
from pathlib import Path

import glowray as gr

SONNETS = sorted(Path(__file__).with_name("data").glob("sonnet*.txt"))


def words_of(path: Path) -> list[tuple[str, str]]:
    return [(path.stem, word) for word in re.findall(r"[a-z']{3,}", path.read_text().lower())]


def main() -> None:
    counts = gr.Flow("tf-idf").from_items(SONNETS).flat_map(words_of).count_by_value().cache()
    by_word = counts.map(lambda place, n: (place[1], (place[0], n)))
    weights = by_word.count_by_key().map_values(lambda poems: math.log(len(SONNETS) / poems))
    scores = by_word.join(weights).map(lambda word, found, weight: (found[0], (-found[1] * weight, word)))
    for poem, best in scores.group_by_key().map_values(lambda found: sorted(found)[:3]).sort():
        print(poem, *(f"{word} {-score:.2f}" for score, word in best), sep="  ")


if __name__ == "__main__":
    main()

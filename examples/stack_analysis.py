"""Tags and months of Stack Exchange posts, in one pass.

$ glowray examples stack_analysis
  42 python
  38 c#
  23 sql
2008-08 23
2008-09 26
2008-10 19
2008-11 22
"""

import sys
from operator import add
from pathlib import Path
from xml.etree import ElementTree

import glowray as gr

POSTS = Path(__file__).with_name("data") / "posts.xml"


def main(posts: Path | str = POSTS) -> None:
    flow = gr.Flow("stack analysis")
    questions = (
        flow.read_text(posts)
        .filter(lambda line: "<row" in line)
        .map(lambda line: ElementTree.fromstring(line).attrib)
        .filter(lambda post: post["PostTypeId"] == "1")
    )
    tags = questions.flat_map(lambda post: post["Tags"][1:-1].split("><")).map(lambda tag: (tag, 1))
    months = questions.map(lambda post: (post["CreationDate"][:7], 1))
    tags.reduce_by_key(add).top(3, key=lambda tag, n: (n, tag)).output(lambda tag, n: print(f"{n:4} {tag}"))
    months.reduce_by_key(add).sort().output(lambda month, n: print(month, n))
    flow.run()


if __name__ == "__main__":
    main(*sys.argv[1:])

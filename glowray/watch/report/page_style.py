"""The style sheet of the report: light and dark, wide and narrow, without anything from the network."""

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--card:#f6f7f9;--line:#dfe3e8;--ink:#1f2933;--pale:#616e7c;--accent:#2563eb;
--bad:#b42318;--badpaper:#fef3f2;--warn:#b54708;--heat:234,88,12;
--c0:#2563eb;--c1:#0e9384;--c2:#9e77ed;--c3:#dd2590;--c4:#ca8504;--c5:#4e5ba6;
--arrow:#0e9384;--fused:#5b8def;--python:#ea580c}
@media(prefers-color-scheme:dark){:root{--paper:#14181d;--card:#1c2229;--line:#323b45;--ink:#e6eaee;--pale:#9aa7b4;
--accent:#7aa7ff;--bad:#ff8f85;--badpaper:#2a1917;--warn:#fdb022;--heat:251,146,60;
--c0:#6ea0ff;--c1:#3bc9b3;--c2:#b99bf7;--c3:#f06bb3;--c4:#e6b34a;--c5:#8f9be0;
--arrow:#3bc9b3;--fused:#6ea0ff;--python:#fb923c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1120px;margin:0 auto;padding:28px 20px 56px}
h1{font-size:26px;margin:0;overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
p{margin:6px 0}
.pale,.unit{color:var(--pale)}
code,pre,.chip,.mono{font:13px/1.45 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
.badge{display:inline-block;padding:1px 10px;border-radius:99px;font-size:13px;vertical-align:4px;margin-left:8px}
.badge.ok{background:var(--arrow);color:var(--paper)}.badge.bad{background:var(--bad);color:var(--paper)}
.numbers{display:grid;grid-template-columns:repeat(8,1fr);gap:10px;margin:18px 0 0}
@media(max-width:1060px){.numbers{grid-template-columns:repeat(4,1fr)}}
@media(max-width:520px){.numbers{grid-template-columns:repeat(2,1fr)}}
.numbers div{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 12px}
.numbers b{display:block;font-size:20px;font-weight:600;font-variant-numeric:tabular-nums}
.failure{background:var(--badpaper);border:1px solid var(--bad);border-radius:8px;padding:12px 16px;margin-top:20px}
.failure h2{margin:0 0 6px;color:var(--bad)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}
.stage{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px 14px 12px}
.stage header{display:flex;flex-wrap:wrap;gap:2px 14px;font-size:13px;color:var(--pale);margin-bottom:8px}
.stage header b{color:var(--ink)}
.run{display:flex;flex-wrap:wrap;align-items:center;gap:5px 6px;margin:4px 0}
.run i{color:var(--pale);font-style:normal}
.chip{border:1px solid var(--line);border-radius:6px;padding:2px 8px;max-width:100%;overflow-wrap:anywhere}
.chip span{color:var(--pale)}.chip[style] span{color:inherit}
.moves{color:var(--pale);font-size:13px;padding:5px 0 5px 22px}
.moves::before{content:"↓ ";color:var(--accent)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th{font-weight:600;text-align:left;color:var(--pale);font-size:13px}
th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.mono{overflow-wrap:anywhere;min-width:160px}td.mono:first-child{min-width:200px}
.bar{display:flex;height:8px;border-radius:4px;overflow:hidden;background:var(--line);min-width:90px;margin-top:7px}
.bar span{display:block}
.arrow{background:var(--arrow)}.fused{background:var(--fused)}.python{background:var(--python)}.share{background:var(--accent)}
.legend{font-size:13px;color:var(--pale)}.legend span::before{content:"";display:inline-block;width:10px;height:10px;
border-radius:3px;margin:0 5px 0 14px;background:var(--k)}
svg{width:100%;min-width:560px;height:auto;display:block}
svg text{font:10px system-ui,sans-serif;fill:var(--pale)}svg line{stroke:var(--line)}
.s0{fill:var(--c0)}.s1{fill:var(--c1)}.s2{fill:var(--c2)}.s3{fill:var(--c3)}.s4{fill:var(--c4)}.s5{fill:var(--c5)}
rect.python{stroke:var(--python);stroke-width:2;background:none}
.closing{border-left:4px solid var(--accent);padding:4px 0 4px 14px;margin:36px 0 0;font-size:17px}
"""

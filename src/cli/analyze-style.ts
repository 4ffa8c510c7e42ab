/** The style sheet of the analysis page. */

export const pageStyle = `
:root { --bg: #faf9f6; --card: #fff; --ink: #1d1c1a; --soft: #6b6862; --line: #e4e1d9; --gold: #a87a12; --fill: #d9a62e; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --bg: #151412; --card: #1e1d1a; --ink: #ece9e2; --soft: #a09b90; --line: #34322d; --gold: #e2b54a; --fill: #b98a22; --bad: #ff8a80; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 2rem 1.25rem 3rem; }
.brand { margin: 0; color: var(--gold); font-weight: 600; letter-spacing: .08em; text-transform: uppercase; font-size: .8rem; }
h1 { margin: .1rem 0 0; font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
h3 { font-size: .9rem; margin: 0 0 .4rem; color: var(--soft); }
small, .sub { color: var(--soft); font-weight: 400; font-size: .88rem; }
.sub { margin: .35rem 0 0; overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
.tile, section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1rem; }
.tile dt { color: var(--soft); font-size: .82rem; }
.tile dd { margin: .1rem 0 0; font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile p { margin: .1rem 0 0; color: var(--soft); font-size: .8rem; }
section { margin: 0 0 .75rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .35rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
tbody tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: .82rem; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody th { font-weight: 500; }
td.text, th.text { text-align: left; white-space: normal; overflow-wrap: anywhere; width: 100%; }
.bars th { max-width: 16rem; overflow: hidden; text-overflow: ellipsis; border: 0; }
.bars td { border: 0; }
.bars td.bar { width: 100%; }
.bar span { display: block; height: .95rem; min-width: 2px; margin-top: .22rem; border-radius: .2rem; background: var(--fill); }
.errors h2, .errors tbody th { color: var(--bad); }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1.25rem; margin-top: 1rem; }
figure { margin: 0; }
svg { display: block; width: 100%; height: auto; border-bottom: 1px solid var(--line); }
rect { fill: var(--fill); }
figcaption { display: flex; justify-content: space-between; color: var(--soft); font-size: .78rem; margin-top: .25rem; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; list-style: none; margin: 0; padding: 0; }
.facts b { font-variant-numeric: tabular-nums; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.5rem; }
.note { color: var(--soft); font-size: .88rem; }
footer { color: var(--soft); font-size: .8rem; margin-top: 1.25rem; }
@media print { body { background: none; } section, .tile { break-inside: avoid; } }
`;

/** What the page of a diagnosis has beside html-assets.ts. Boxes of flame graphs keep 4.5:1 between text and ground, light and dark. */
export const diagnosisStyle = `
:root{--del:#fde4e1;--bar:#0b5cad;--was:#8c959f;--h0:#f6d5b5;--h1:#f3dca0;--h2:#dfe3a0;--h3:#c7e3b4;--h4:#bfe0d8;--h5:#c3d8f0;--h6:#dccff0;--h7:#f2cbd9}
@media(prefers-color-scheme:dark){:root{--del:#3d1a18;--mark:#453604;--bar:#4d94dd;--was:#6e7781;--h0:#5c3d1e;--h1:#57480f;--h2:#454a12;--h3:#2b4a1d;--h4:#1c4740;--h5:#1d3d5e;--h6:#402f60;--h7:#5c2b3f}}
nav{margin:8px 0;display:flex;flex-wrap:wrap;gap:4px 14px}
h1,h3{overflow-wrap:anywhere}
h2{scroll-margin-top:8px}
table{border-collapse:collapse}
th{text-align:left;font-weight:600}
td,th{padding:2px 12px 2px 0;vertical-align:top}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.up{color:var(--error);font-weight:600}
.scroll{overflow-x:auto}
meter{width:90px;vertical-align:middle}
.finding.leak{border-left-color:var(--error)}.finding.likely{border-left-color:var(--warning)}.finding.possible{border-left-color:var(--note)}
.leak>h3 .badge,.badge.came,.badge.grew{color:var(--error)}.likely>h3 .badge,.badge.stayed{color:var(--warning)}.possible>h3 .badge{color:var(--note)}.badge.went,.badge.fewer{color:var(--s)}
.badge{font-weight:700}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:8px 24px}
.charts .chart,.chart{background:none;overflow:hidden}
.chart svg{width:100%;display:block}
.chart text{font:12px system-ui,sans-serif;fill:var(--fg)}
.chart .n{fill:var(--dim)}
.chart .axis{stroke:var(--line)}.chart .line{fill:none;stroke:var(--bar);stroke-width:1.5}.chart .restart{stroke:var(--dim);stroke-dasharray:6 4}
.bars{list-style:none;margin:0;padding:0 10px}.bars li{margin:4px 0;overflow-wrap:anywhere;font-size:13px}.bars .bar{fill:var(--bar)}.bars .was{fill:var(--was)}.bars .quiet{font-size:12px}
.flame{position:relative;background:var(--panel);border-radius:6px;overflow:hidden;font-size:12px;line-height:18px}
.flame div{position:absolute;height:19px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis;padding:0 3px;border-right:1px solid var(--bg);color:var(--fg)}
.h0{background:var(--h0)}.h1{background:var(--h1)}.h2{background:var(--h2)}.h3{background:var(--h3)}.h4{background:var(--h4)}.h5{background:var(--h5)}.h6{background:var(--h6)}.h7{background:var(--h7)}
.stack{margin:4px 0;padding-left:28px;color:var(--dim);overflow-wrap:anywhere}
.stack .own{color:var(--fg)}
tr.marked td{background:var(--mark)}tr.marked td.n,tr.marked .c{color:var(--fg)}
.diff{background:var(--panel);border-radius:6px;padding:8px 0;overflow-x:auto;tab-size:4;margin:6px 0}
.diff div{white-space:pre;padding:0 10px}.del{background:var(--del)}.same{color:var(--dim)}
.chain,.next{margin:6px 0;padding-left:20px;overflow-wrap:anywhere}
`;

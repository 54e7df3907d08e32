/** The style and the script of the HTML report. Colours keep 4.5:1 on their ground, light and dark. */

export const htmlStyle = `
:root{--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d8dee4;--panel:#f6f8fa;--error:#b3261e;--warning:#8a5300;--note:#0b5cad;--mark:#ffe9a8;--k:#7b2d9b;--s:#1a6b2f;--add:#e3f6e6;--link:#0b5cad}
@media(prefers-color-scheme:dark){:root{--bg:#14171c;--fg:#e2e6eb;--dim:#9aa4af;--line:#313842;--panel:#1b2027;--error:#ff8a80;--warning:#f2b84b;--note:#7cb8ff;--mark:#5a4708;--k:#d6a4f0;--s:#8fd19e;--add:#16301d;--link:#7cb8ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
header,main{max-width:1080px;margin:0 auto;padding:0 20px}
header{padding-top:24px}
h1{font-size:24px;margin:0}
h2{font-size:16px;margin:32px 0 8px;padding-bottom:4px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
h3{font-size:14px;margin:0;font-weight:600}
h4{font-size:14px;margin:12px 0 4px}
a{color:var(--link)}
code,pre,.n{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.facts,.place,.quiet{color:var(--dim);margin:4px 0}
.filters{position:sticky;top:0;z-index:1;background:var(--bg);display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;padding:10px 0;border-bottom:1px solid var(--line);margin-top:12px}
.filters label{display:flex;align-items:center;gap:6px}
.filters .grow{flex:1 1 220px}
.filters input[type=search]{flex:1;min-width:0}
.filters select,.filters input[type=search]{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:4px 8px}
.chip{border:1px solid currentColor;border-radius:14px;padding:1px 10px}
.error .badge,.chip.error{color:var(--error)}.warning .badge,.chip.warning{color:var(--warning)}.note .badge,.chip.note{color:var(--note)}
output{color:var(--dim)}
.finding{border:1px solid var(--line);border-left:4px solid var(--line);border-radius:6px;padding:12px 16px;margin:12px 0;scroll-margin-top:64px}
.finding.error{border-left-color:var(--error)}.finding.warning{border-left-color:var(--warning)}.finding.note{border-left-color:var(--note)}
.finding:target{outline:2px solid var(--link)}
.message{margin:4px 0;font-size:16px}
.place{overflow-wrap:anywhere}
.live{margin:4px 0;color:var(--error);overflow-wrap:anywhere}
figure{margin:8px 0 0;overflow-x:auto;background:var(--panel);border-radius:6px}
figcaption{padding:6px 10px 0;color:var(--dim);font-size:13px}
table.code{border-collapse:collapse;width:100%}
table.code td{padding:0 10px 0 0;vertical-align:top;white-space:pre;tab-size:4}
table.code td.n{width:1%;padding:0 10px;text-align:right;color:var(--dim);user-select:none}
table.code tr:first-child td{padding-top:6px}table.code tr:last-child td{padding-bottom:6px}
.gap td{color:var(--dim)}
.step span{color:var(--note);font-size:13px;white-space:normal}
.step b{display:inline-block;min-width:18px;text-align:center;border:1px solid currentColor;border-radius:9px;font-size:11px;line-height:16px}
mark{background:var(--mark);color:inherit;border-radius:2px}
i{font-style:normal}.k{color:var(--k)}.s{color:var(--s)}.c{color:var(--dim)}
details{margin-top:10px}
summary{cursor:pointer}
details pre{background:var(--panel);border-radius:6px;padding:8px 10px;overflow-x:auto;tab-size:4;margin:6px 0}
.add{background:var(--add);white-space:pre}.add .n{color:var(--dim);padding-right:10px}
.fix p{color:var(--dim);margin:0}
.rule{border:1px solid var(--line);border-radius:6px;padding:8px 16px;margin:8px 0;scroll-margin-top:64px}
[hidden]{display:none}
@media print{.filters{display:none}.finding{break-inside:avoid}details{display:block}}
`;

export const htmlScript = `
(function(){
var form=document.getElementById("filters");
if(!form)return;
var all=[].slice.call(document.querySelectorAll(".finding"));
function apply(){
var on=[].slice.call(form.querySelectorAll("[name=severity]:checked")).map(function(c){return c.value});
var rule=form.elements.rule.value,words=form.elements.text.value.toLowerCase().split(/\\s+/).filter(Boolean),n=0;
all.forEach(function(a){
var fits=on.indexOf(a.dataset.severity)>=0&&(rule===""||a.dataset.rule===rule)&&words.every(function(w){return a.dataset.text.indexOf(w)>=0});
a.hidden=!fits;if(fits)n++});
[].forEach.call(document.querySelectorAll(".file"),function(s){s.hidden=!s.querySelector(".finding:not([hidden])")});
document.getElementById("shown").textContent=n===all.length?"":n+" of "+all.length;
document.getElementById("none").hidden=n>0}
form.addEventListener("input",apply);
form.addEventListener("submit",function(e){e.preventDefault()});
function open(){var d=document.getElementById(decodeURIComponent(location.hash.slice(1)));if(d&&d.tagName==="DETAILS")d.open=true}
addEventListener("hashchange",open);open();apply();
})();
`;

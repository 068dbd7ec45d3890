"""Texts that would run a script wherever somebody forgot to escape them."""

from __future__ import annotations

CALL = "window.pwned=1"
PAYLOADS = (
    f"<script>{CALL}</script>",
    f"<ScRiPt >{CALL}</sCrIpT>",
    f"<<script>{CALL}//<</script>",
    f"<img src=x onerror={CALL}>",
    "<img src=x onerror=&#119;indow.pwned=1>",
    f"<svg onload={CALL}>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s>",
    f"<svg><script>{CALL}</script></svg>",
    f"<body onload={CALL}>",
    f"<iframe src=javascript:parent.{CALL}></iframe>",
    f'<iframe srcdoc="<script>parent.{CALL}</script>"></iframe>',
    f"<details open ontoggle={CALL}>",
    f"<input autofocus onfocus={CALL}>",
    f'<math><mi xlink:href="javascript:{CALL}">x</mi></math>',
    f'<a href="javascript:{CALL}">点我</a>',
    f"javascript:{CALL}",
    f"JaVaScRiPt:{CALL}//https://example.com",
    f'"><script>{CALL}</script>',
    f"'><img src=x onerror={CALL}>",
    f'" autofocus onfocus={CALL} x="',
    f"' onmouseover={CALL} '",
    f"</script><script>{CALL}</script>",
    f"</textarea><script>{CALL}</script>",
    f"</title><script>{CALL}</script>",
    f"--><script>{CALL}</script>",
    f"{{{{constructor.constructor('{CALL}')()}}}}",
    f"${{{CALL}}}",
    f"<style>@import 'javascript:{CALL}'</style>",
    f"<meta http-equiv=refresh content='0;url=javascript:{CALL}'>",
    f"\\u003cscript\\u003e{CALL}\\u003c/script\\u003e",
)

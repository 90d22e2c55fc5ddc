"""The OpenAPI document as one HTML page, to read without a script and without anything from elsewhere."""

import html
from typing import Any

import msgspec

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}h3{margin-bottom:.2rem}code,pre{font:14px/1.45 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.8rem;overflow:auto;border-radius:6px}.verb{color:#0b5394;font-weight:700}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #d0d7de;padding:.3rem .5rem;text-align:left;vertical-align:top}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}.verb{color:#79c0ff}}
"""


def page(content: bytes) -> bytes:
    """The document as one HTML page: no script, nothing from elsewhere."""
    found = msgspec.json.decode(content)
    by_tag: dict[str, list[str]] = {}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            by_tag.setdefault(operation["tags"][0], []).append(_section(method, path, operation))
    body = "".join(f"<h2>{html.escape(tag)}</h2>{''.join(sections)}" for tag, sections in sorted(by_tag.items()))
    schemas = "".join(
        f'<h3 id="{html.escape(name)}">{html.escape(name)}</h3>{_pre(schema)}'
        for name, schema in sorted(found["components"]["schemas"].items())
    )
    title = f"{found['info']['title']} {found['info']['version']}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f'<h1>{html.escape(title)}</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a></p>'
        f"{body}<h2>Schemas</h2>{schemas}</body></html>"
    ).encode()


def _section(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{html.escape(p['name'])}</code></td><td>{p['in']}</td>"
        f"<td>{'required' if p['required'] else ''}</td></tr>"
        for p in operation["parameters"]
    )
    answers = "".join(
        f"<tr><td>{status}</td><td>{html.escape(a['description'])}</td></tr>"
        for status, a in sorted(operation["responses"].items())
    )
    request = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return (
        f'<h3 id="{operation["operationId"]}"><span class="verb">{method.upper()}</span> <code>{html.escape(path)}</code></h3>'
        f"<p>{html.escape(operation['summary'])}</p>"
        + (f"<table><tbody>{rows}</tbody></table>" if rows else "")
        + (f"<p>Body</p>{_pre(request.get('example', request['schema']))}" if request else "")
        + f"<table><tbody>{answers}</tbody></table>"
    )


def _pre(value: Any) -> str:
    shown = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return f"<pre>{html.escape(shown)}</pre>"

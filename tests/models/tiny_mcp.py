"""An MCP server on stdio with one tool, `echo`."""

import json
import sys

TOOL = {"name": "echo", "description": "Echo", "inputSchema": {"type": "object", "properties": {"text": {}}}}


def answer(request: dict[str, object]) -> dict[str, object]:
    match request["method"]:
        case "initialize":
            info = {"serverInfo": {"name": "tiny", "version": "1"}, "capabilities": {"tools": {}}}
            return {"protocolVersion": "2025-06-18", **info}
        case "tools/list":
            return {"tools": [TOOL]}
        case "tools/call":
            return {"content": [{"type": "text", "text": "ok"}]}
        case _:
            return {}


if __name__ == "__main__":
    for line in sys.stdin:
        request = json.loads(line)
        if "id" in request:
            print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": answer(request)}), flush=True)

"""MCP with the mcp package as the other side: mcp_peer.py FOLDER DATABASE."""
import asyncio
import json
import os
import subprocess
import sys
import tempfile

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

swiftlet = os.environ["SWIFTLET"]
folder, database = sys.argv[1:]

SERVER = """
import sys
port = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
transport = sys.argv[1] if len(sys.argv) > 1 else "stdio"
try:
    from mcp.server.mcpserver import MCPServer
    server = MCPServer("peer")
    options = {} if transport == "stdio" else {"host": "127.0.0.1", "port": port}
except ImportError:
    # Versions before 2.
    from mcp.server.fastmcp import FastMCP
    server = FastMCP("peer", host="127.0.0.1", port=port)
    options = {}

@server.tool()
def secret_word(number: int) -> str:
    "The secret word of a number."
    return f"heron-{number}"

server.run(transport, **options)
"""


async def use_ours():
    parameters = StdioServerParameters(
        command=swiftlet, args=["mcp", "--root", folder, "--database", database], env=dict(os.environ))
    async with stdio_client(parameters) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        names = [tool.name for tool in (await session.list_tools()).tools]
        assert names == ["calculator", "clock", "json_path", "sql", "list_files", "read_file"], names

        async def call(name, **arguments):
            result = await session.call_tool(name, arguments)
            return result.model_dump(by_alias=True)["isError"], result.content[0].text

        assert await call("calculator", expression="6 * 7") == (False, "42")
        assert "sauna" in (await call("read_file", path="sauna.txt"))[1]
        assert (await call("read_file", path="../shop.sqlite"))[0]
        assert (await call("sql", query="SELECT count(*) FROM orders"))[1].endswith("\n2")
        assert (await call("sql", query="DELETE FROM orders"))[0]


def use_theirs():
    with tempfile.TemporaryDirectory() as work:
        open(f"{work}/server.py", "w").write(SERVER)
        # Our server passes the tools of theirs on: both directions in one.
        requests = [
            {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18"}},
            {"jsonrpc": "2.0", "id": 2, "method": "tools/call",
             "params": {"name": "secret_word", "arguments": {"number": 7}}},
        ]
        text = "".join(json.dumps(request) + "\n" for request in requests)

        def ask(server):
            result = subprocess.run([swiftlet, "mcp", "--mcp", server], input=text, capture_output=True, text=True, timeout=60)
            answers = [json.loads(line) for line in result.stdout.splitlines()]
            assert answers and answers[-1]["result"]["content"][0]["text"] == "heron-7", (answers, result.stderr)

        ask(f"{sys.executable} {work}/server.py")
        port = 21000 + os.getpid() % 20000
        peer = subprocess.Popen([sys.executable, f"{work}/server.py", "streamable-http", str(port)], stderr=subprocess.DEVNULL)
        try:
            for attempt in range(100):
                try:
                    __import__("socket").create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    __import__("time").sleep(0.1)
            ask(f"http://127.0.0.1:{port}/mcp")
        finally:
            peer.kill()


asyncio.run(use_ours())
use_theirs()
print("MCP works with the mcp package, both ways, on standard streams and over HTTP")

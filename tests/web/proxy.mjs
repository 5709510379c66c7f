// A proxy before the host, as one that speaks HTTPS would be: passes requests and WebSockets on and says whom it has seen.
import { createServer, request } from "node:http";

/** Starts one that says it has seen `client`; gives its address and the function that ends it. */
export async function proxy(target, client) {
  const { hostname, port } = new URL(target);
  const ask = ({ method, url, headers }) =>
    request({
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, "x-forwarded-for": client },
    });
  const server = createServer((asked, answer) => {
    const passed = ask(asked);
    passed.on("response", (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    asked.pipe(passed);
  });
  server.on("upgrade", (asked, socket) => {
    const passed = ask(asked);
    passed.on("upgrade", (got, beyond, head) => {
      const lines = Object.entries(got.headers).map(
        ([name, value]) => `${name}: ${value}\r\n`,
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("")}\r\n`);
      socket.write(head);
      for (const [one, other] of [
        [socket, beyond],
        [beyond, socket],
      ]) {
        one.pipe(other);
        one.on("error", () => other.destroy());
        one.on("close", () => other.destroy());
      }
    });
    passed.on("response", () => socket.destroy());
    passed.on("error", () => socket.destroy());
    passed.end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    end: () => server.close(),
  };
}

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';

const types: Record<string, string> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

export interface StaticServer {
  /** Such as `http://127.0.0.1:49152/`. */
  url: string;
  close: () => Promise<void>;
}

/** Serves a folder's files on a free port of this machine, like a plain web server; `headers` are sent with each. */
export async function serveFolder(
  folder: string,
  headers: Record<string, string> = {},
): Promise<StaticServer> {
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = join(
      folder,
      decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname),
    );
    const content = path.startsWith(resolve(folder) + sep) ? await readFile(path).catch(() => null) : null;
    if (content === null) response.writeHead(404).end();
    else
      response
        .writeHead(200, { ...headers, 'content-type': types[extname(path)] ?? 'application/octet-stream' })
        .end(content);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server does with one request. */
export type Answer = (exchange: Exchange) => void | Promise<void>;

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** The requested file; undefined if the server has none of that name. */
  file: Uint8Array | undefined;
}

/** A request, and how many bytes of the body were sent. */
export interface Log {
  path: string;
  range?: string;
  ifRange?: string;
  encoding?: string;
  sent: number;
}

/** A web server for files in memory, which responds according to a script, and otherwise correctly. */
export class DataServer {
  readonly log: Log[] = [];
  readonly files = new Map<string, Uint8Array>();
  readonly #scripts = new Map<string, Answer[]>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<DataServer> {
    const server = new DataServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The address of a folder, ending in `/`. */
  url(folder = ''): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${folder && `${folder}/`}`;
  }

  /** Serves files in a folder. */
  serve(folder: string, files: Record<string, Uint8Array>): void {
    for (const [name, bytes] of Object.entries(files)) this.files.set(`/${folder}/${name}`, bytes);
  }

  /** Sets the responses to the next requests for a file, in order; later requests are answered correctly. */
  script(path: string, ...answers: Answer[]): void {
    this.#scripts.set(`/${path}`, answers);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const { range, 'if-range': ifRange, 'accept-encoding': encoding } = request.headers;
    const entry: Log = { path, range, ifRange: ifRange as string, encoding: encoding as string, sent: 0 };
    this.log.push(entry);
    const write = response.write.bind(response);
    response.write = (chunk: Uint8Array) => {
      entry.sent += chunk.length;
      return write(chunk);
    };
    response.on('error', () => {});
    const answer = this.#scripts.get(path)?.shift() ?? fine();
    await answer({ request, response, file: this.files.get(path) });
  }
}

const tagOf = (file: Uint8Array) => `"${file.length}-${file[file.length >> 1]}"`;

/** The file, or the requested part of it. */
export function fine({ tag = tagOf }: { tag?: (file: Uint8Array) => string | undefined } = {}): Answer {
  return ({ request, response, file }) => {
    if (file === undefined) return void response.writeHead(404).end();
    const etag = tag(file);
    const headers: Record<string, string> = etag === undefined ? {} : { ETag: etag };
    const ifRange = request.headers['if-range'];
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (start >= file.length) {
      return void response.writeHead(416, { 'Content-Range': `bytes */${file.length}` }).end();
    }
    if (start > 0 && (ifRange === undefined || ifRange === etag)) {
      headers['Content-Range'] = `bytes ${start}-${file.length - 1}/${file.length}`;
      response.writeHead(206, { ...headers, 'Content-Length': file.length - start });
      response.write(file.subarray(start));
    } else {
      response.writeHead(200, { ...headers, 'Content-Length': file.length });
      response.write(file);
    }
    response.end();
  };
}

/** The whole file, whatever part is requested. */
export const ignoresRange: Answer = ({ response, file = new Uint8Array() }) => {
  response.writeHead(200, { 'Content-Length': file.length });
  response.write(file);
  response.end();
};

/** The first bytes of the requested part, after which the connection is cut. */
export function cut(bytes: number, { length = true, tag = tagOf(new Uint8Array(1)) } = {}): Answer {
  return async ({ request, response, file = new Uint8Array() }) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers: Record<string, string | number> = { ETag: file.length ? tagOf(file) : tag };
    if (length) headers['Content-Length'] = file.length - start;
    else headers.Connection = 'close';
    if (start > 0) headers['Content-Range'] = `bytes ${start}-${file.length - 1}/${file.length}`;
    response.useChunkedEncodingByDefault = false;
    response.writeHead(start > 0 ? 206 : 200, headers);
    response.write(file.subarray(start, start + bytes));
    // Until the bytes have been read: a client drops what it has not read when the connection ends.
    await sleep(150);
    if (length) response.destroy();
    else response.end();
  };
}

/** The first bytes, and then nothing, but the connection stays open. */
export function stall(bytes: number): Answer {
  return ({ response, file = new Uint8Array() }) => {
    response.writeHead(200, { 'Content-Length': file.length });
    response.write(file.subarray(0, bytes));
  };
}

/** No response at all. */
export const silence: Answer = () => {};

export function status(code: number): Answer {
  return ({ response }) => void response.writeHead(code).end();
}

export function redirect(to: string): Answer {
  return ({ response }) => void response.writeHead(302, { Location: to }).end();
}

/** A web page, with or without the matching content type. */
export function page(type = 'text/html; charset=utf-8'): Answer {
  return ({ response }) => {
    response.writeHead(200, { 'Content-Type': type });
    response.write(Buffer.from('<!doctype html><title>Log in</title>'));
    response.end();
  };
}

/** The file with one byte changed. */
export function corrupt(index: number): Answer {
  return ({ response, file = new Uint8Array() }) => {
    const changed = Uint8Array.from(file);
    changed[index] ^= 1;
    response.writeHead(200, { 'Content-Length': file.length });
    response.write(changed);
    response.end();
  };
}

/** Something else. */
export function other(bytes: Uint8Array, headers: Record<string, string | number> = {}): Answer {
  return ({ response }) => {
    response.writeHead(200, headers);
    response.write(bytes);
    response.end();
  };
}

/** The file in small pieces with pauses that together exceed the timeout for each. */
export function slowly(pieces: number, pause: number): Answer {
  return async ({ response, file = new Uint8Array() }) => {
    response.writeHead(200, { 'Content-Length': file.length });
    const size = Math.ceil(file.length / pieces);
    for (let start = 0; start < file.length; start += size) {
      response.write(file.subarray(start, start + size));
      await sleep(pause);
    }
    response.end();
  };
}

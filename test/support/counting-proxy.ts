// A listener that counts every connection and byte on its way to a server, for tests of what leaves this machine.
// It binds to an address of this machine that is not a loopback one, so that what is behind it counts as hosted.
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface CountingProxy {
  /** `http://192.0.2.7:41234`. */
  readonly url: string;
  /** With `/v1`, as `baseUrl` of an OpenAI-compatible model. */
  readonly baseUrl: string;
  readonly connections: () => number;
  /** Bytes that clients sent. */
  readonly bytes: () => number;
  /** What clients sent, as text. */
  readonly text: () => string;
  close(): Promise<void>;
}

/** An IPv4 address of this machine that others could reach; 0.0.0.0 leads here too and does not count as local. */
export function outsideAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '0.0.0.0';
}

export async function startCountingProxy({ to, host = outsideAddress() }: { readonly to: string; readonly host?: string }): Promise<CountingProxy> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  const received: Buffer[] = [];
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const behind = connect(Number(target.port), target.hostname);
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes: Buffer) => received.push(bytes));
    client.pipe(behind).pipe(client);
    client.on('close', () => behind.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  const url = `http://${host}:${String((server.address() as AddressInfo).port)}`;
  return {
    url,
    baseUrl: `${url}/v1`,
    connections: () => connections,
    bytes: () => received.reduce((sum, { length }) => sum + length, 0),
    text: () => Buffer.concat(received).toString('utf8'),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

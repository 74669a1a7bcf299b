// A router model on a server of its own that answers each question with the route it is told, and keeps the questions.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ClassifierServer {
  readonly baseUrl: string;
  /** Bodies of the questions, as text. */
  readonly questions: readonly string[];
  close(): Promise<void>;
}

export async function startClassifierServer(route: (question: string) => string): Promise<ClassifierServer> {
  const questions: string[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const question = Buffer.concat(pieces).toString('utf8');
      if (request.method === 'POST') questions.push(question);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ choices: [{ message: { content: JSON.stringify({ route: route(question) }) } }] }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`,
    questions,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

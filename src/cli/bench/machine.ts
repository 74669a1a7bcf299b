// The machine in words, for the head of every benchmark.
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

export function machineName(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${model}, ${availableParallelism()} cores, ${memoryGiB} GiB, ${type()} ${release()}, Node ${process.version}`;
}

// What is to be drawn at the start, but after it: activation does not wait for what is said about the open file.

export function soon(draw: () => void): { dispose(): void } {
  const timer = setTimeout(draw);
  return {
    dispose: () => {
      clearTimeout(timer);
    },
  };
}

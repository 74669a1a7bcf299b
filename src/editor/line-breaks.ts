// Line breaks as the pure rooms know them: `\n` alone.

export function unix(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n/gu, '\n') : text;
}

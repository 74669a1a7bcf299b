// Does a request to this address stay on the machine? Decided by the address alone, never by a name that
// merely contains a loopback one. What the name resolves to is checked when connecting: loopback-fetch.ts.
import type { Locality } from '../router/types';

/** `local` for 127.0.0.0/8, ::1 (also IPv4-mapped) and `localhost`; everything else, 0.0.0.0 too, is `hosted`. */
export function localityOf(url: string): Locality {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname) ? 'local' : 'hosted';
}

/** `hostname` as URL gives it: lower case, IPv4 in dotted form, IPv6 compressed in brackets. */
function isLoopbackHost(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === 'localhost.' || hostname === '[::1]') return true;
  if (/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/u.test(hostname)) return true;
  // ::ffff:127.x.y.z, which URL writes in hexadecimal.
  return /^\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\]$/u.test(hostname);
}

/** An IP address as sockets and look-ups give it. A scope such as `%lo` may follow. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/%.*$/u, '').replace(/^::ffff:/u, '');
  return plain === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/u.test(plain);
}

/** `host:port` for people; the text itself when it is no address. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

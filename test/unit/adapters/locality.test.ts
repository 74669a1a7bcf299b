import { describe, expect, it } from 'vitest';
import { localityOf } from '../../../src/adapters/locality';

const LOCAL = [
  'http://127.0.0.1:11434',
  'http://127.8.9.10/v1',
  'http://127.1:8080',
  'http://0x7f000001/',
  'http://2130706433/',
  'http://localhost:1234/v1',
  'http://LOCALHOST',
  'http://localhost.:8080',
  'http://[::1]:8080',
  'http://[0:0:0:0:0:0:0:1]/v1',
  'http://[::ffff:127.0.0.1]:8080',
  'http://[::ffff:7f01:203]',
];

const HOSTED = [
  'https://api.openai.com/v1',
  'http://localhost.evil.com',
  'http://evil-localhost',
  'http://localhostevil:8080',
  'http://my.localhost',
  'http://127.0.0.1.evil.com',
  'http://127.0.0.1@evil.com',
  'http://localhost:8080@evil.com',
  'http://evil.com/127.0.0.1',
  'http://evil.com#localhost',
  'http://0.0.0.0:8080',
  'http://[::]:8080',
  'http://[::ffff:10.0.0.1]',
  'http://[::ffff:127:1]',
  'http://10.0.0.5:8000/v1',
  'http://192.168.1.7:11434',
  'http://169.254.169.254',
  'http://128.0.0.1',
  '127.0.0.1:8080',
  'localhost',
  '',
];

describe('where an address is', () => {
  it.each(LOCAL)('%s is on this machine', (url) => {
    expect(localityOf(url)).toBe('local');
  });
  it.each(HOSTED)('%s is not', (url) => {
    expect(localityOf(url)).toBe('hosted');
  });
});

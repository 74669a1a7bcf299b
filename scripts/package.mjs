// npm run package: fairlead-PLATFORM-VERSION.vsix, for the platform this runs on.
import { statSync } from 'node:fs';
import { prepare } from './lib/prepare.mjs';
import { say } from './lib/run.mjs';

await prepare();
const { packageExtension } = await import('./lib/package.mjs');
const vsix = await packageExtension();
say(`${vsix} (${(statSync(vsix).size / 1e6).toFixed(1)} MB); install it with: code --install-extension ${vsix}`);

// Takes the lock that is named and holds it until it is killed.
import { isPawlError } from '../../src/errors.ts';
import { takeLock } from '../../src/store/lock-file.ts';

try {
  await takeLock(process.argv[2] ?? '');
  console.log('taken');
} catch (error) {
  console.log(isPawlError(error) ? error.code : String(error));
}
setInterval(() => undefined, 60_000);

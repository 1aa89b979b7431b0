/** Prints the digest of one plan: `npm run digest:nodes` compares it between versions of Node. */
import { planInOrder } from './digest-plan.ts';

process.stdout.write(`${planInOrder((entries) => entries).digest}\n`);

import type { Route } from './router.ts';
import { appRoutes } from './routes-apps.ts';
import { checkRoutes } from './routes-checks.ts';
import { deploymentRoutes } from './routes-deployments.ts';
import { gitRoutes } from './routes-git.ts';
import { issueRoutes } from './routes-issues.ts';
import { pullRoutes } from './routes-pulls.ts';
import { repositoryRoutes } from './routes-repository.ts';

/** Everything that the double serves; of two that match, the earlier answers. */
export const routes: readonly Route[] = [
  ...appRoutes,
  ...pullRoutes,
  ...issueRoutes,
  ...checkRoutes,
  ...gitRoutes,
  ...deploymentRoutes,
  ...repositoryRoutes,
];

/** Events that the double sends, as GitHub's description names them. */
export const webhookNames: readonly string[] = [
  ...['opened', 'synchronize', 'edited', 'closed', 'reopened', 'ready-for-review', 'converted-to-draft'].map(
    (action) => `pull-request-${action}`,
  ),
  ...['created', 'edited', 'deleted'].map((action) => `issue-comment-${action}`),
  'pull-request-review-submitted',
  'merge-group-checks-requested',
  'merge-group-destroyed',
  'push',
];

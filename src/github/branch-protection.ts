import type { BranchProtection, Forge } from '../controller/forge.ts';
import { isPawlError } from '../errors.ts';
import type { GitHub } from './github.ts';

const unprotected: BranchProtection = { requiresSignatures: false, reviews: 0 };

/** GitHub, as the control loop asks it. */
export function forgeOf(github: () => GitHub): Forge {
  return { branchProtection: (branch) => branchProtection(github(), branch) };
}

/**
 * What rulesets and branch protection together ask of whoever changes the branch, at this moment. What pawl may not see
 * asks for nothing: reading branch protection takes the permission `administration: read`, reading rulesets none.
 */
export async function branchProtection(github: GitHub, branch: string): Promise<BranchProtection> {
  const rules = await rulesOf(github, branch);
  if (rules.requiresSignatures && rules.reviews > 0) return rules;
  const protection = await protectionOf(github, branch);
  return {
    requiresSignatures: rules.requiresSignatures || protection.requiresSignatures,
    reviews: Math.max(rules.reviews, protection.reviews),
  };
}

const rulesMax = 100;

async function rulesOf({ octokit, repository }: GitHub, branch: string): Promise<BranchProtection> {
  const { owner, repo } = repository;
  const asked = octokit.rest.repos.getBranchRules({ owner, repo, branch, per_page: rulesMax });
  const rules = (await orUndefined(asked))?.data ?? [];
  const reviews = rules.map((rule) =>
    rule.type === 'pull_request' ? (rule.parameters?.required_approving_review_count ?? 0) : 0,
  );
  return {
    requiresSignatures: rules.some(({ type }) => type === 'required_signatures'),
    reviews: Math.max(0, ...reviews),
  };
}

async function protectionOf({ octokit, repository }: GitHub, branch: string): Promise<BranchProtection> {
  const { owner, repo } = repository;
  const found = (await orUndefined(octokit.rest.repos.getBranchProtection({ owner, repo, branch })))?.data;
  if (found === undefined) return unprotected;
  return {
    requiresSignatures: found.required_signatures?.enabled === true,
    reviews: found.required_pull_request_reviews?.required_approving_review_count ?? 0,
  };
}

async function orUndefined<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isPawlError(error) && (error.code === 'github.not_found' || error.code === 'github.forbidden'))
      return undefined;
    throw error;
  }
}

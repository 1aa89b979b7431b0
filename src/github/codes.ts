import type { CodeDoc } from '../manifest/problem.ts';

export const githubCodes = {
  'github.not_found': {
    title: 'GitHub has no such thing, or hides it',
    cause: 'The repository, pull request or comment is gone, or whoever pawl is on GitHub may not see it.',
    cure: 'Check PAWL_GITHUB_REPOSITORY, and that the App is installed on that repository or the token covers it.',
  },
  'github.unauthorised': {
    title: 'GitHub does not know who pawl is',
    cause: 'The token or the key of the App is wrong, expired or withdrawn.',
    cure: 'Put a new one into its file; pawl reads it again with its next request.',
  },
  'github.forbidden': {
    title: 'GitHub refuses it to whoever pawl is',
    cause: 'The App or the token lacks a permission for what was asked.',
    cure: 'Give it the permission that the message names; `pawl doctor` lists what is missing.',
  },
  'github.rate_limited': {
    title: 'GitHub has asked pawl to wait',
    cause: 'The limit of requests of an hour, or of requests in quick succession, is used up.',
    cure: 'Wait: pawl goes on by itself at the time that the message names, and what it owes is not lost.',
  },
  'github.unreachable': {
    title: 'GitHub cannot be reached',
    cause: 'The network is down, a proxy is in the way, or GitHub itself has an outage.',
    cure: 'Check PAWL_GITHUB_API_URL and the network; pawl tries again by itself.',
  },
  'github.invalid': {
    title: 'GitHub did not take what pawl sent',
    cause: 'GitHub checked a request and refused it; this is a mistake of pawl, or a rule of the repository.',
    cure: 'Read the reason in the message; report it if the repository has no such rule.',
  },
  'github.webhook_disabled': {
    title: 'Webhooks of GitHub are not taken here',
    cause: 'No secret is set, and without one anybody could send them.',
    cure: 'Set PAWL_GITHUB_WEBHOOK_SECRET_FILE to a file with the secret of the webhook; until then pawl polls.',
  },
  'github.webhook_unauthenticated': {
    title: 'A webhook is not signed by GitHub',
    cause: 'X-Hub-Signature-256 is missing, of another secret, or of other bytes than those that came.',
    cure: 'Set the same secret at GitHub and here, and let no proxy write the body anew.',
  },
  'github.webhook_malformed': {
    title: 'A signed webhook cannot be read',
    cause: 'It is no JSON, holds a key twice, nests too deep, or its headers name no delivery and event.',
    cure: 'Set the content type of the webhook at GitHub to application/json.',
  },
  'github.secret_unreadable': {
    title: 'A secret for GitHub cannot be read',
    cause: 'The file that PAWL_GITHUB_…_FILE names is missing, or this process may not read it.',
    cure: 'Correct the path or its permissions; it is read again with the next request.',
  },
  'github.secret_invalid': {
    title: 'The key of the GitHub App is no key',
    cause: 'What PAWL_GITHUB_APP_KEY or its file holds is not the PEM of a private key.',
    cure: 'Make a private key on the page of the App, and put the file as it is where the setting points.',
  },
  'github.command_refused': {
    title: 'A command on a pull request was not carried out',
    cause: 'It asks for what is not there, or what it was written about has moved since.',
    cure: 'Look at the plan that stands on the pull request now, and write the command again.',
  },
} as const satisfies Record<string, CodeDoc>;

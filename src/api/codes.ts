import type { CodeDoc } from '../manifest/problem.ts';
import { actionsCodes } from './actions-codes.ts';

export const apiCodes = {
  ...actionsCodes,
  'window.closed': {
    title: 'No window of the environment is open',
    cause: 'pawl.yaml says when commits go live, and this is another time.',
    cure: 'Wait for the next opening, which `pawl status` shows, or apply with `--outside-window` and a reason.',
  },
  'sync.refused': {
    title: 'Sync cannot be suspended like that',
    cause: 'There is no reason, or it would end by itself in less than a second or more than seven days.',
    cure: 'Say why with --reason, and leave --for out for more than a week.',
  },
  'sync.not_suspended': {
    title: 'Sync is not suspended',
    cause: 'Nobody suspended it, somebody resumed it, or its time is over.',
    cure: 'Look at `pawl status`.',
  },
  'plan.not_on_branch': {
    title: 'The commit is not on the branch',
    cause: "The plan was made for a commit that the environment's branch does not contain.",
    cure: 'Merge the commit into the branch, and plan and apply that.',
  },
  'eval.no_case': {
    title: 'The run is no case of an Eval',
    cause: 'A run was submitted as a case of an Eval that is not live, has no such case, or gives it another input.',
    cure: 'Let `pawl eval` submit the cases of live Evals.',
  },
  'run.input_invalid': {
    title: 'The input does not fit the system',
    cause: 'The run was given an input that `spec.input.schema` of its AgentSystem refuses.',
    cure: 'Compare the input with the schema, which `pawl get AgentSystem <name> -o yaml` shows.',
  },
  'run.system_ambiguous': {
    title: 'Several systems have that name',
    cause: 'A system was named without its namespace, and more than one namespace has one of that name.',
    cure: 'Write `namespace/name`.',
  },
  'resource.not_found': {
    title: 'There is no such resource',
    cause: 'Nothing of that kind and name is live in the environment.',
    cure: 'List what there is with `pawl get all`.',
  },
  'api.unauthorised': {
    title: 'The API did not accept the token',
    cause:
      'The request carried no bearer token, or one that is unknown, expired or revoked: which of them, nobody is told.',
    cure: 'Run the command as the user of the running `pawl up`, or set PAWL_TOKEN_FILE to a token that is good.',
  },
  'api.forbidden': {
    title: 'No role lets the person do that',
    cause:
      'The route needs a role, everywhere or in the namespace of what was asked for, that neither the token nor `access` of pawl.yaml gives.',
    cure: 'Look at `pawl whoami`; an admin makes tokens with `pawl token create`, and `access` of pawl.yaml gives roles.',
  },
  'api.too_many_failures': {
    title: 'Too many requests without a good token',
    cause: 'The address sent token after token that was unknown, expired or revoked.',
    cure: 'Check the token, and try again later.',
  },
  'api.origin': {
    title: 'A page of another site sent the request',
    cause: 'A browser said that the request comes from another origin than the server itself.',
    cure: 'Ask the API from the command line, or from a page that the server itself gave.',
  },
  'token.unknown': {
    title: 'There is no such token',
    cause: 'No token in use has that id: it never had, or the token was revoked.',
    cure: 'Look at `pawl token list`.',
  },
  'token.invalid': {
    title: 'A token cannot be made like that',
    cause:
      'The name of its owner holds other characters than letters, digits and . _ @ + -, or its role holds nowhere.',
    cure: 'Write it as the message says.',
  },
  'api.host': {
    title: 'The request was for another host',
    cause: 'The Host header names something other than the loopback address, as a page that rebinds its name would.',
    cure: 'Use the address that `pawl up` printed.',
  },
  'api.too_large': {
    title: 'The request is too large',
    cause: 'The body is over one mebibyte.',
    cure: 'Send less; large inputs belong where a tool can fetch them.',
  },
  'api.invalid_request': {
    title: 'The request does not fit the API',
    cause: 'A parameter or the body is missing, malformed or out of range.',
    cure: 'Compare the request with /openapi.json.',
  },
  'api.not_found': {
    title: 'There is no such page in the API',
    cause: 'The path is not one of the API, or the method is not one of the path.',
    cure: 'Compare the request with /openapi.json.',
  },
  'api.version_mismatch': {
    title: 'The command and the running server differ in version',
    cause: 'pawl was upgraded, or downgraded, while `pawl up` was running.',
    cure: 'Stop `pawl up` and start it again.',
  },
  'api.unreachable': {
    title: 'The running server did not answer',
    cause: 'The server stopped, or the connection broke, between two requests.',
    cure: 'Run the command again; start `pawl up` if it has stopped.',
  },
} as const satisfies Record<string, CodeDoc>;

import type { CodeDoc } from '../manifest/problem.ts';
import { secretCommandCodes } from './secret-codes.ts';

export const cliCodes = {
  ...secretCommandCodes,
  'cli.not_interactive': {
    title: 'A question and nobody to ask',
    cause: 'The command asks for a confirmation, and standard input is not a terminal.',
    cure: 'Pass the flag that the message names.',
  },
  'eval.unknown': {
    title: 'There is no such Eval',
    cause: 'The environment holds no Eval, none of that name, or several in different namespaces.',
    cure: 'Run `pawl get evals`, or write one: docs/evals.md.',
  },
  'eval.timeout': {
    title: 'The runs of an eval took too long',
    cause: 'A run had not ended when `--wait` was over: it hangs, or no worker takes it. It is cancelled.',
    cure: 'Look whether workers are live, give the Eval a `timeout`, or `--wait` more time.',
  },
  'sync.no_controller': {
    title: 'No controller has looked',
    cause: 'Controllers look at environments, and none runs here, or it did not come to this one in time.',
    cure: 'Start `pawl up` or `pawl controller`, and look at its log.',
  },
  'cli.usage': {
    title: 'The command line cannot be understood',
    cause: 'A command, flag or argument is unknown, missing or malformed.',
    cure: 'Run the command with --help.',
  },
  'cli.file': {
    title: 'A file on the command line cannot be used',
    cause: 'It is not there, or may not be read or written.',
    cure: 'Check the path; it is taken from the folder in which the command was typed.',
  },
  'cli.serve_no_identity': {
    title: 'Nobody could be let in',
    cause:
      '`pawl serve` was asked to listen where other machines reach it, with no token made and no identity provider set.',
    cure: 'Make a token with `pawl token create`, or set PAWL_OIDC_ISSUER and PAWL_OIDC_AUDIENCE.',
  },
  'cli.serve_plain_text': {
    title: 'Tokens would cross the network in plain text',
    cause:
      '`pawl serve` was asked to listen where other machines reach it, without TLS and without a proxy that ends it.',
    cure: 'Set PAWL_TLS_CERT_FILE and PAWL_TLS_KEY_FILE, or PAWL_TRUSTED_PROXY=1, or PAWL_ALLOW_HTTP=1 where nobody can listen.',
  },
  'cli.declined': {
    title: 'A question was not answered with yes',
    cause: 'It was answered with something else, or left by Ctrl-C or Ctrl-D.',
    cure: 'Run the command again and answer; `pawl apply` also takes --auto-approve.',
  },
  'cli.environment_ambiguous': {
    title: 'Which environment?',
    cause: 'pawl.yaml declares several environments and the command named none.',
    cure: 'Pass --env with one of the names in the message.',
  },
  'cli.unknown_code': {
    title: 'Nothing to explain',
    cause: '`pawl explain` was asked about what is neither a code nor a kind.',
    cure: 'Run `pawl explain` without an argument to list all codes.',
  },
  'cli.unknown_field': {
    title: 'No such field',
    cause: '`pawl explain` was asked about a field that the kind does not have.',
    cure: 'Explain the kind, or the field that it should be in, to see what there is.',
  },
  'cli.unknown_kind': {
    title: 'No such kind',
    cause: '`pawl schema` was asked for a kind that the manifest language does not have.',
    cure: 'Use one of the kinds that the message lists.',
  },
  'cli.embedded_single_process': {
    title: 'The embedded database serves one process',
    cause: 'A worker or controller process of its own needs a database that several processes can open.',
    cure: 'Set DATABASE_URL to a PostgreSQL database, or run `pawl up`, which is all of them in one process.',
  },
  'cli.already_up': {
    title: 'A pawl is already up here',
    cause: '`pawl up` was started in a repository whose `.pawl/server.json` names one that answers.',
    cure: 'Use the running one, or stop it first.',
  },
  'demo.failed': {
    title: 'The demo went another way than it should',
    cause: 'A command of the demo ended with another exit code than the demo expects of it.',
    cure: 'Report it with the output: it is a bug in pawl.',
  },
  'internal.unexpected': {
    title: 'An error that nobody expected',
    cause: 'A bug in pawl, or a failure of the machine that no code names.',
    cure: 'Run again with PAWL_LOG_LEVEL=debug and report the message.',
  },
} as const satisfies Record<string, CodeDoc>;

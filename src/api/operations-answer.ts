import type { JsonObject } from '../manifest/json.ts';

/** What runs ask of people, and their answers. */
export interface AnswerOperations {
  /** What people may answer now, the oldest first. */
  questions(request: QuestionsRequest): Promise<readonly QuestionRecord[]>;
  /** Every question that one run asked, answered ones too. */
  questionsOf(run: string): Promise<readonly QuestionRecord[]>;
  answer(request: AnswerRequest): Promise<AnswerRecord>;
}

export interface QuestionsRequest {
  readonly environment: string;
  readonly limit: number;
  /** Of whose systems; absent: of all. */
  readonly namespaces?: readonly string[];
}

export interface QuestionRecord {
  readonly run: string;
  readonly environment: string;
  /** `namespace/name` of the run's AgentSystem. */
  readonly system: string;
  /** The execution of the node that asks. */
  readonly place: string;
  /** `human`: a form to fill in. `review`: an output to approve, deny or send back. */
  readonly kind: 'human' | 'review';
  readonly since: string;
  readonly dueAt: string | undefined;
  /** Of a call: `namespace/name` of the tool, what it says of itself, and who called it. */
  readonly tool?: { readonly name: string; readonly asks: string; readonly by: string };
  /** What is to be decided on: the input of the step, or the output that is reviewed. */
  readonly shown: unknown;
  /** JSON Schema of the answer to a form. */
  readonly form: JsonObject | undefined;
  readonly assignees: { readonly groups: readonly string[]; readonly users: readonly string[] };
  /** How many must approve. */
  readonly min: number;
  /** How often changes may still be asked for. */
  readonly changesLeft: number | undefined;
  readonly votes: readonly { readonly by: string; readonly as: string; readonly at: string }[];
  readonly answered: { readonly by: string; readonly as: string; readonly at: string } | undefined;
}

export interface AnswerRequest {
  readonly run: string;
  /** A place, or the name of its node; needed only where the run asks at several. */
  readonly place?: string;
  readonly as: 'form' | 'approve' | 'deny' | 'changes';
  /** Of `form`. */
  readonly form?: unknown;
  /** Of `deny` and `changes`: what the agent and the record are told. */
  readonly text?: string;
}

export interface AnswerRecord {
  readonly run: string;
  readonly place: string;
  /** `open`: it counts, and more people are needed. */
  readonly outcome: 'decided' | 'open';
}

import type { AnswerOperations, AnswerRecord, QuestionRecord } from './operations-answer.ts';

interface Sending {
  readonly get: <Result>(path: string) => Promise<Result>;
  readonly post: <Result>(path: string, body: object) => Promise<Result>;
  /** The path of an environment, and of a run. */
  readonly of: (environment: string) => string;
  readonly run: (id: string) => string;
}

export function answerClient({ get, post, of, run }: Sending): AnswerOperations {
  return {
    questions: ({ environment, limit }) => get<QuestionRecord[]>(`${of(environment)}/questions?limit=${limit}`),
    questionsOf: async (id) => get<QuestionRecord[]>(`${run(id)}/questions`),
    answer: async ({ run: id, ...body }) => post<AnswerRecord>(`${run(id)}/answers`, body),
  };
}

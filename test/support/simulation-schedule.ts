import type { Budget } from '../../src/policy/authority.ts';
import type { RandomGraph } from './random-graph.ts';

export interface Faults {
  /** Per event of a worker's process. */
  readonly crash: number;
  readonly pause: number;
  /** Per statement: it never arrives, only its answer is lost, or it arrives long after it was given up. */
  readonly requestLost: number;
  readonly answerLost: number;
  readonly late: number;
  /** Per second: a session is cut though its process lives. */
  readonly cut: number;
  readonly wakeUpLost: number;
  readonly modelAway: number;
  readonly toolAnswerLost: number;
}

export const noFaults: Faults = {
  crash: 0,
  pause: 0,
  requestLost: 0,
  answerLost: 0,
  late: 0,
  cut: 0,
  wakeUpLost: 0,
  modelAway: 0,
  toolAnswerLost: 0,
};

export interface Schedule {
  readonly seed: number;
  readonly graph: RandomGraph;
  readonly runs: number;
  readonly workers: number;
  readonly faults: Faults;
  /** Kills the first worker before exactly this event. */
  readonly killAt?: number;
  /** What somebody does meanwhile; outputs are then their own. */
  readonly hand?: 'cancel' | 'drain' | 'tighten' | 'remove' | 'stop';
  readonly budgets?: readonly Budget[];
  readonly crashesMax?: number;
  readonly fenced?: boolean;
}

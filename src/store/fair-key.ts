/**
 * A virtual start time, as an expression: a namespace's next run starts one after its last queued one, but never before
 * the earliest run that still waits, so that a namespace which queued a thousand runs does not hold up another's first.
 * Two submissions at once may get the same key: no matter.
 */
export function fairKey(pool: string, priority: string, namespace: string): string {
  return `greatest(
    coalesce((select q.fair_key from run q where q.state = 'Queued' and not q.blocked and q.crashes < 2
      and q.pool = ${pool} and q.priority = ${priority} order by q.fair_key limit 1), 0),
    coalesce((select q.fair_key from run q where q.state = 'Queued' and not q.blocked and q.pool = ${pool}
      and q.namespace = ${namespace} order by q.fair_key desc limit 1), 0) + 1
  )`;
}

// What the journal's statement has more of where one of its intents is let through by an approval.

/**
 * Uses up what people released, in the statement that writes the intent: each is used by as many intents as it was
 * given for, whatever two workers do at once. An intent that used it already is the same one: the batch was sent again
 * after its answer was lost, maybe while the first one was still under way, so that only the row's newest version tells.
 */
export const consumedText = `), consumed as (
  update approval a set
    used_by = case when e.path = any (a.used_by) then a.used_by else a.used_by || e.path end,
    state = case when not e.path = any (a.used_by) and cardinality(a.used_by) + 1 = a.uses_max then 'consumed'
      else a.state end
  from drafted e
  where not e.conflict and a.id = e.approval and a.run = e.run and (e.path = any (a.used_by)
    or a.state = 'approved' and a.expires_at > clock_timestamp() and cardinality(a.used_by) < a.uses_max
      and (a.action_digest = e.action_digest or a.uses_max > 1 and a.class_digest = e.class_digest))
  returning a.run, e.path
), entry as materialized (
  select e.run, e.path, e.phase, e.node, e.kind, e.target, e.args_digest, e.decision, e.body, e.body_digest, e.outcome,
    e.error, e.tokens_reserved, e.tokens_in, e.tokens_out, e.cost, e.fence, e.ord, e.conflict or e.approval is not null
      and not exists (select from consumed c where c.run = e.run and c.path = e.path) as conflict
  from drafted e
`;

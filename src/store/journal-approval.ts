// What the journal's statement has more of where one of its intents is let through by an approval.

/**
 * Uses up what people released, in the statement that writes the intent: each is used by as many intents as it was
 * given for, one of them its own call's, whatever two workers do at once. An intent that used it already is the same
 * one: the batch was sent again after its answer was lost, maybe while the first one was still under way, so that only
 * the row's newest version tells. A row is written once however many intents use it, so that these come as arrays.
 * A request that a call made for itself, before another's approval released it too, is over.
 */
export const consumedText = `), wanted as materialized (
  select run, approval, array_agg(path order by place) as paths, array_agg(action_digest order by place) as actions,
    array_agg(class_digest order by place) as classes
  from drafted where not conflict and approval is not null group by run, approval
), consumed as (
  update approval a set (used_by, state) = (
    select a.used_by || f.paths,
      case when cardinality(f.paths) > 0 and cardinality(a.used_by || f.paths) = a.uses_max then 'consumed'
        else a.state end
    from (
      select coalesce(array_agg(p.path order by p.ord), '{}') as paths
      from (
        select u.path, u.ord, u.action = a.action_digest as own,
          row_number() over (partition by u.action = a.action_digest order by u.ord) as nth
        from unnest(w.paths, w.actions, w.classes) with ordinality as u (path, action, class, ord)
        where a.state = 'approved' and a.expires_at > clock_timestamp() and not u.path = any (a.used_by)
          and (u.action = a.action_digest or u.class = a.class_digest)
      ) p cross join (
        select count(*) filter (where t.call = a.path) as owns, count(*) filter (where t.call <> a.path) as others
        from (select regexp_replace(u, '~[0-9]+$', '') as call from unnest(a.used_by) u) t
      ) n
      where case when p.own then p.nth = 1 and n.owns = 0 else p.nth < a.uses_max - n.others end
    ) f)
  from wanted w where a.id = w.approval and a.run = w.run and a.state <> 'pending'
  returning a.run, a.id, a.used_by
), overtaken as (
  update approval o set state = 'cancelled', decided_at = clock_timestamp(),
    reason = 'The approval of another call of the run released this one too.'
  from drafted e join consumed c on c.run = e.run and c.id = e.approval and e.path = any (c.used_by)
  where o.run = e.run and o.state = 'pending' and o.action_digest = e.action_digest
  returning o.run, o.path
), overtaken_wait as (
  update wait w set resolution = '{"as":"released"}' from overtaken o
  where w.run = o.run and w.path = o.path || '/approval'
), entry as materialized (
  select e.run, e.path, e.phase, e.node, e.kind, e.target, e.args_digest, e.decision, e.body, e.body_digest, e.outcome,
    e.error, e.tokens_reserved, e.tokens_in, e.tokens_out, e.cost, e.fence, e.place, e.conflict or e.approval is not null
      and not exists (select from consumed c where c.run = e.run and c.id = e.approval and e.path = any (c.used_by))
      as conflict
  from drafted e
`;

/** The one function that writes the log: it judges a batch of appends, each on its own, and stores what it accepts. */

/**
 * Lists come as text with one item a line: JSON text never holds a raw line feed, and no item needs escaping or an array
 * parser. `owners` says for each event which append (from 1) it belongs to; an append's events stand together.
 *
 * The order of the statements is the design; each is a statement of its own so that it sees what was committed while the
 * one before it waited for a lock (READ COMMITTED takes a snapshot per statement):
 *
 * 1. New streams are inserted, sorted, `on conflict do nothing`. Without the order two batches creating the same two
 *    streams deadlock. A row made here is accepted already, so no refusal leaves an empty stream behind.
 * 2. The other streams are locked, sorted. Unsorted, two batches deadlock. In one statement with 1, a retry that races
 *    its first attempt would not see the row it waited for, and be told of a conflict that is none.
 * 3. Only now are revisions compared, and where they differ the event ids: the same ids at the same place are a repeat.
 * 4. The head is locked last, so that it is held for the shortest time; it is held to the end of the transaction, so
 *    positions become visible in their order and without gaps. Taken first, one batch waiting for a stream would hold up all.
 * 5. A log that was sealed takes nothing: what 1 and 3 changed is taken back, and the appends it would have accepted come
 *    back as `sealed`. Asked under the head's lock, which sealing takes as well: an append is in before the seal, or not
 *    at all. A repeat is still answered: who asks again after an unknown outcome must hear that it was written.
 * 6. The events are stored.
 *
 * Planner settings: the plans are made once, while the tables may still be empty, and kept: planning each batch anew took
 * a fifth of a small one's time. A sequential scan or a join of whole tables chosen then would be repeated at millions of
 * rows, so that only nested loops over the indexes are left to choose from.
 */
export const APPEND_FUNCTION = `
create or replace function log.append(
  p_streams text, p_expected text, p_counts text,
  p_owners text, p_ids text, p_types text, p_data text, p_metadata text
) returns table (outcome text, revision integer, "position" bigint)
language plpgsql volatile
set enable_seqscan = off
set enable_mergejoin = off
set enable_hashjoin = off
set plan_cache_mode = force_generic_plan
set jit = off
as $append$
declare
  v_streams text[] := string_to_array(p_streams, E'\\n');
  v_expected integer[] := string_to_array(p_expected, E'\\n')::integer[];
  v_counts integer[] := string_to_array(p_counts, E'\\n')::integer[];
  v_ids uuid[] := string_to_array(p_ids, E'\\n')::uuid[];
  v_size integer := cardinality(v_streams);
  -- Filled at once: an array whose first assignment is to place 2 begins at 2, and unnest would shift its items.
  v_actual integer[] := array_fill(-1, array[v_size]);
  v_outcomes text[] := array_fill('conflict'::text, array[v_size]);
  v_revisions integer[] := v_actual;
  v_positions bigint[] := array_fill(null::bigint, array[v_size]);
  v_skipped integer[] := array_fill(0, array[v_size]);
  v_created text[];
  v_places integer[];
  v_versions integer[];
  v_moved text[] := '{}';
  v_moved_to integer[] := '{}';
  v_first integer := 0;
  v_total integer := 0;
  v_same integer;
  v_position bigint;
  v_base bigint;
  v_sealed boolean;
begin
  with made as (
    insert into log.streams as s (stream_id, version)
    select a.stream_id, a.events - 1
    from unnest(v_streams, v_expected, v_counts) as a (stream_id, expected, events)
    where a.expected = -1
    order by a.stream_id collate "C"
    on conflict do nothing
    returning s.stream_id
  )
  select coalesce(array_agg(made.stream_id), '{}') into v_created from made;

  if cardinality(v_created) < v_size then
    select array_agg(l.place), array_agg(l.version) into v_places, v_versions
    from (
      select a.place::integer, s.version
      from unnest(v_streams) with ordinality as a (stream_id, place)
      join log.streams s on s.stream_id = a.stream_id
      where a.stream_id not in (select unnest(v_created))
      order by s.stream_id collate "C"
      for update of s
    ) l;
    for i in 1 .. coalesce(cardinality(v_places), 0) loop
      v_actual[v_places[i]] := v_versions[i];
    end loop;
  end if;

  for i in 1 .. v_size loop
    v_revisions[i] := v_actual[i];
    if v_actual[i] = v_expected[i] then
      v_outcomes[i] := 'appended';
      v_revisions[i] := v_expected[i] + v_counts[i];
      -- What an event's place in the batch is ahead of its place among the accepted ones.
      v_skipped[i] := v_first - v_total;
      v_total := v_total + v_counts[i];
      v_positions[i] := v_total;
      if v_expected[i] >= 0 then
        v_moved := v_moved || v_streams[i];
        v_moved_to := v_moved_to || v_revisions[i];
      end if;
    elsif v_actual[i] >= v_expected[i] + v_counts[i] then
      select count(*), max(e.position) into v_same, v_position
      from log.events e
      where e.stream_id = v_streams[i]
        and e.revision > v_expected[i]
        and e.revision <= v_expected[i] + v_counts[i]
        and e.event_id = v_ids[v_first + e.revision - v_expected[i]];
      if v_same = v_counts[i] then
        v_outcomes[i] := 'repeated';
        v_revisions[i] := v_expected[i] + v_counts[i];
        v_positions[i] := v_position;
      end if;
    end if;
    v_first := v_first + v_counts[i];
  end loop;

  if cardinality(v_moved) > 0 then
    update log.streams s set version = m.version
    from unnest(v_moved, v_moved_to) as m (stream_id, version)
    where s.stream_id = m.stream_id;
  end if;

  if v_total > 0 then
    update log.head h set position = h.position + v_total where not h.sealed returning h.position - v_total into v_base;
    if not found then
      -- Fails where the head is missing, as a damaged log is not a sealed one.
      select h.sealed into strict v_sealed from log.head h;
      v_total := 0;
      delete from log.streams s where s.stream_id = any (v_created);
      for i in 1 .. v_size loop
        continue when v_outcomes[i] <> 'appended';
        update log.streams s set version = v_actual[i] where s.stream_id = v_streams[i];
        v_outcomes[i] := 'sealed';
        v_revisions[i] := v_actual[i];
        v_positions[i] := null;
      end loop;
    end if;
  end if;

  if v_total > 0 then
    insert into log.events (position, stream_id, revision, event_id, type, data, metadata)
    select
      v_base + e.place - v_skipped[e.owner],
      v_streams[e.owner],
      v_revisions[e.owner] - (v_positions[e.owner] - (e.place - v_skipped[e.owner])),
      e.event_id, e.type, e.data::json, e.metadata::json
    from unnest(
      string_to_array(p_owners, E'\\n')::integer[], v_ids, string_to_array(p_types, E'\\n'),
      string_to_array(p_data, E'\\n'), string_to_array(p_metadata, E'\\n')
    ) with ordinality as e (owner, event_id, type, data, metadata, place)
    where v_outcomes[e.owner] = 'appended'
    order by e.place;
  end if;

  return query
    select o.outcome, o.revision, case o.outcome when 'appended' then v_base + o.position else o.position end
    from unnest(v_outcomes, v_revisions, v_positions) with ordinality as o (outcome, revision, position, place)
    order by o.place;
end
$append$`;

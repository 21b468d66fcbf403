-- What the tests ask: policies are made, tried as several callers, and taken back, all in one round trip.

-- The same value, which the planner does not know beforehand.
create function asked.same(value anyelement) returns anyelement language plpgsql as $$ begin return value; end $$;

create table asked.numbers (relation text, n integer);
create table asked.columns (relation text, names text);

insert into asked.columns
select relname, string_agg(quote_ident(attname), ', ' order by attnum)
from pg_attribute join pg_class on attrelid = pg_class.oid
where relnamespace = 'storage'::regnamespace and attnum > 0 and attname <> 'n' and attgenerated = ''
group by relname;

grant select on asked.numbers, asked.columns to public;

-- Which rows of a table a caller sees, row by row: {"<n>": true | false | "<sqlstate>"}. An index reads one row alone,
-- so that no other row's failure counts.
create function asked.seen_one_by_one(relation text) returns jsonb language plpgsql as $$
declare
    answers jsonb := '{}';
    number integer;
    seen boolean;
begin
    perform set_config('enable_seqscan', 'off', true);
    for number in execute format('select n from asked.numbers where relation = %L', relation) loop
        begin
            execute format('select exists (select from storage.%I where n = %s)', relation, number) into seen;
            answers := answers || jsonb_build_object(number::text, seen);
        exception when others then
            answers := answers || jsonb_build_object(number::text, sqlstate);
        end;
    end loop;
    return answers;
end $$;

-- Which rows a caller sees: {"rows": [n…]}, or {"error": "<sqlstate>", "message": …, "each": {…}} where a row fails.
create function asked.seen(relation text) returns jsonb language plpgsql as $$
declare numbers jsonb;
begin
    execute format('select coalesce(jsonb_agg(n order by n), ''[]'') from storage.%I', relation) into numbers;
    return jsonb_build_object('rows', numbers);
exception when others then
    return jsonb_build_object('error', sqlstate, 'message', sqlerrm, 'each', asked.seen_one_by_one(relation));
end $$;

-- What becomes of a statement that writes: "done", "nothing" where it found no row, or the SQLSTATE (42501: denied).
-- Nothing stays written.
create function asked.written(statement text) returns text language plpgsql as $$
declare touched integer;
begin
    execute statement;
    get diagnostics touched = row_count;
    raise exception sqlstate 'HD001';
exception
    when sqlstate 'HD001' then return case when touched > 0 then 'done' else 'nothing' end;
    when others then return sqlstate;
end $$;

-- What becomes of each of some rows that a caller wants to add: {"<n>": "done" | "<sqlstate>"}.
create function asked.inserted(relation text, numbers jsonb) returns jsonb language plpgsql as $$
declare
    answers jsonb := '{}';
    number text;
    columns text;
begin
    execute format('select names from asked.columns where relation = %L', relation) into columns;
    for number in select jsonb_array_elements_text(numbers) loop
        answers := answers || jsonb_build_object(number, asked.written(format(
            'insert into storage.%1$I (n, %2$s) select n + 1000000, %2$s from asked.%1$I where n = %3$s',
            relation, columns, number
        )));
    end loop;
    return answers;
end $$;

-- One caller's answers to the questions of a case.
create function asked.answers(questions jsonb, caller jsonb) returns jsonb language plpgsql as $$
declare
    answers jsonb := '[]';
    question jsonb;
begin
    perform set_config('request.jwt.claims', caller ->> 'claims', true);
    perform set_config('storage.operation', coalesce(caller ->> 'operation', ''), true);
    perform set_config('role', caller ->> 'role', true);
    for question in select jsonb_array_elements(questions) loop
        answers := answers || jsonb_build_array(case
            when question ? 'see' then asked.seen(question ->> 'see')
            when question ? 'insert' then asked.inserted(question ->> 'insert', question -> 'rows')
            else to_jsonb(asked.written(question ->> 'write'))
        end);
    end loop;
    raise exception sqlstate 'HD002';
exception when sqlstate 'HD002' then
    return answers;
end $$;

-- One case: {"policies": [CREATE POLICY…], "callers": [{role, claims, operation}…], "questions": [{see} | {insert, rows}
-- | {write}…]}. Gives {"answers": [[…] for each caller]}, or {"refused": "<sqlstate>", "message": …} where a policy is
-- none.
create function asked.case_of(given jsonb) returns jsonb language plpgsql as $$
declare
    answers jsonb := '[]';
    item jsonb;
    outcome jsonb;
begin
    begin
        for item in select jsonb_array_elements(given -> 'policies') loop
            execute item #>> '{}';
        end loop;
    exception when others then
        outcome := jsonb_build_object('refused', sqlstate, 'message', sqlerrm);
    end;
    if outcome is null then
        for item in select jsonb_array_elements(given -> 'callers') loop
            answers := answers || jsonb_build_array(asked.answers(given -> 'questions', item));
        end loop;
        outcome := jsonb_build_object('answers', answers);
    end if;
    raise exception sqlstate 'HD003';
exception when sqlstate 'HD003' then
    return outcome;
end $$;

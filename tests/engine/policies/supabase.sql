-- What policies of a Supabase project find around them: roles, claims, helper functions and the two tables.
-- Source: the behaviour of the present migrations of supabase/storage, and of auth.uid() and its sisters.

-- Roles are shared by all databases of a server, and there may be others.
do $$ begin
    create role anon nologin;
    create role authenticated nologin;
    create role editor nologin;
    create role service_role nologin bypassrls;
exception when duplicate_object then null;
end $$;

create schema auth;
create schema storage;
create schema asked;

-- Supabase's are stable. Then the planner calls them to guess how many rows there will be, and a caller whose id is no
-- UUID fails on conditions that no row reaches; what conditions mean is the same.
create function auth.jwt() returns jsonb language plpgsql as
$$ begin return nullif(current_setting('request.jwt.claims', true), '')::jsonb; end $$;

create function auth.uid() returns uuid language plpgsql as
$$ begin return nullif(auth.jwt() ->> 'sub', '')::uuid; end $$;

create function auth.role() returns text language plpgsql as
$$ begin return auth.jwt() ->> 'role'; end $$;

create function auth.email() returns text language plpgsql as
$$ begin return auth.jwt() ->> 'email'; end $$;

create function storage.foldername(name text) returns text[] language plpgsql immutable as $$
declare parts text[] := string_to_array(name, '/');
begin
    return parts[1 : array_length(parts, 1) - 1];
end $$;

create function storage.filename(name text) returns text language plpgsql as $$
declare parts text[] := string_to_array(name, '/');
begin
    return parts[array_length(parts, 1)];
end $$;

create function storage.extension(name text) returns text language plpgsql immutable as $$
declare parts text[] := string_to_array(name, '/');
begin
    return reverse(split_part(reverse(parts[array_length(parts, 1)]), '.', 1));
end $$;

create function storage.operation() returns text language plpgsql stable as
$$ begin return current_setting('storage.operation', true); end $$;

-- The leading `storage.` counts on neither side.
create function asked.short(operation text) returns text language sql immutable as
$$ select case when operation like 'storage.%' then substr(operation, 9) else operation end $$;

create function storage.allow_only_operation(expected_operation text) returns boolean language sql stable as $$
    select case
        when coalesce(asked.short(expected_operation), '') = '' then false
        else coalesce(asked.short(storage.operation()) = asked.short(expected_operation), false)
    end
$$;

create function storage.allow_any_operation(expected_operations text[]) returns boolean language sql stable as $$
    select exists (
        select from unnest(expected_operations) as expected
        where expected <> '' and asked.short(storage.operation()) = asked.short(expected)
    )
$$;

create table storage.buckets (
    n integer primary key,
    id text,
    name text,
    owner uuid,
    owner_id text,
    public boolean,
    file_size_limit bigint,
    allowed_mime_types text[],
    created_at timestamptz,
    updated_at timestamptz
);

create table storage.objects (
    n integer primary key,
    id uuid,
    bucket_id text,
    name text,
    owner uuid,
    owner_id text,
    size bigint,
    metadata jsonb,
    user_metadata jsonb,
    version text,
    created_at timestamptz,
    updated_at timestamptz,
    last_accessed_at timestamptz,
    path_tokens text[] generated always as (string_to_array(name, '/')) stored
);

-- Rows that are asked whether they may be written; under a number that no row of the table has.
create table asked.objects (like storage.objects);
create table asked.buckets (like storage.buckets);

alter table storage.buckets enable row level security;
alter table storage.buckets force row level security;
alter table storage.objects enable row level security;
alter table storage.objects force row level security;

grant usage on schema auth, storage, asked to public;
grant all on all tables in schema storage, asked to public;

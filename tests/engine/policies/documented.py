"""The policies of Supabase's documentation on storage, as people paste them.

Source: "Storage Access Control", "Storage Helper Functions", "Ownership" and "Custom Roles".
"""

from __future__ import annotations

ANYBODY_UPLOADS = """create policy "policy_name"
ON storage.objects
for insert with check (
  true
);"""

UPLOADS_TO_BUCKET = """create policy "policy_name"
on storage.objects for insert to authenticated with check (
    -- restrict bucket
    bucket_id = 'my_bucket'
);"""

UPLOADS_TO_FOLDER = """create policy "Allow authenticated uploads"
on storage.objects
for insert
to authenticated
with check (
  bucket_id = 'my_bucket' and
  (storage.foldername(name))[1] = 'private'
);"""

UPLOADS_TO_OWN_FOLDER = """create policy "Allow authenticated uploads"
on storage.objects
for insert
to authenticated
with check (
  bucket_id = 'my_bucket' and
  (storage.foldername(name))[1] = (select auth.uid()::text)
);"""

OWN_OBJECTS = """create policy "Individual user Access"
on storage.objects for select
to authenticated
using ( (select auth.uid()) = owner_id::uuid );"""

OWN_OBJECTS_BY_CLAIM = """create policy "Individual user Access"
on storage.objects for select
to authenticated
using ( (select auth.jwt()->>'sub') = owner_id );"""

DELETES_OWN = """create policy "User can delete their own objects"
on storage.objects
for delete
to authenticated
using (
    owner_id = (select auth.uid()::text)
);"""

ONE_FILE_NAME = """create policy "Allow public downloads"
on storage.objects
for select
to public
using (
  storage.filename(name) = 'favicon.ico'
);"""

ONE_FOLDER = """create policy "Allow authenticated uploads"
on storage.objects
for insert
to authenticated
with check (
  (storage.foldername(name))[1] = 'private'
);"""

ONE_EXTENSION = """create policy "Only allow PNG uploads"
on storage.objects
for insert
to authenticated
with check (
  bucket_id = 'cats' and storage.extension(name) = 'png'
);"""

BY_ROLE = """CREATE POLICY "Manager can view all files in the bucket 'teams'"
ON storage.objects
FOR SELECT
TO editor
USING (
 bucket_id = 'cats'
);"""

PUBLIC_AVATARS = """create policy "Avatar images are publicly accessible." on storage.objects
  for select using (bucket_id = 'avatars');

create policy "Anyone can upload an avatar." on storage.objects
  for insert with check (bucket_id = 'avatars');

create policy "Anyone can update their own avatar." on storage.objects
  for update using ((select auth.uid()) = owner) with check (bucket_id = 'avatars');"""

AS_DUMPED = """CREATE POLICY "Give users access to own folder 1oj01fe_0" ON storage.objects AS PERMISSIVE FOR SELECT
TO public USING (((bucket_id = 'avatars'::text)
AND (( SELECT (auth.uid())::text AS uid) = (storage.foldername(name))[1])));"""

SECOND_FACTOR = """create policy "Restrict to people with a second factor" on storage.objects
as restrictive for all to authenticated
using ((select auth.jwt()->>'aal') = 'aal2');"""

BY_OPERATION = """create policy "listing is everybody's" on storage.objects for select to anon
using (bucket_id = 'cats' and storage.allow_only_operation('object.list'));"""

ALL = (
    ANYBODY_UPLOADS,
    UPLOADS_TO_BUCKET,
    UPLOADS_TO_FOLDER,
    UPLOADS_TO_OWN_FOLDER,
    OWN_OBJECTS,
    OWN_OBJECTS_BY_CLAIM,
    DELETES_OWN,
    ONE_FILE_NAME,
    ONE_FOLDER,
    ONE_EXTENSION,
    BY_ROLE,
    PUBLIC_AVATARS,
    AS_DUMPED,
    SECOND_FACTOR,
    BY_OPERATION,
)

REFUSED_BY_POSTGRES = "(select auth.uid()) = owner_id"
"""An older form of `OWN_OBJECTS` in the documentation: there is no operator between a UUID and a text."""

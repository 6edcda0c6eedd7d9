-- Drops indexes of Temporal's visibility store by which nobody searches where
-- Temporal is Posthorn's alone. Its schema brings 73, one for each attribute
-- that anybody might define, and every start and end of a workflow writes an
-- entry of some 200 bytes into each, which takes PostgreSQL 2 to 3 ms a workflow,
-- and a third of that with these. Searches by other attributes scan a day's rows.
--
-- What stays: the list, searches by id, type and state, those for schedules,
-- and the keywords, among which Temporal puts Posthorn's own attributes. It runs after
-- each update of the schema, and changes nothing where that is done.
DO LANGUAGE 'plpgsql' $$
    DECLARE
        name regclass;
    BEGIN
        FOR name IN SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = 'executions_visibility'::regclass AND NOT i.indisprimary AND c.relname NOT IN (
                'default_idx', 'by_workflow_id', 'by_workflow_type', 'by_status', 'by_temporal_namespace_division', 'by_temporal_scheduled_by_id',
                'by_keyword_01', 'by_keyword_02', 'by_keyword_03', 'by_keyword_04', 'by_keyword_05',
                'by_keyword_06', 'by_keyword_07', 'by_keyword_08', 'by_keyword_09', 'by_keyword_10')
        LOOP
            EXECUTE 'DROP INDEX ' || name;
        END LOOP;
    END;
$$;

"""What a caller's statement may name: clauses, operators, functions and procedures, by database.

A function or procedure is here because it reads the graph or computes from its arguments alone.
What reads files or settings, shows other people's connections or queries, or keeps a state is not.
Ladybug computes inside our own process and bounds neither the time nor the memory of one call, so
whatever makes a longer value from short ones is missing for it, too: 22 doublings by `list_concat`
took 81 s and 6.7 GB.
"""

from collections.abc import Mapping

from graph.queries import Dialect


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STARTS = frozenset({"MATCH", "OPTIONAL", "UNWIND", "WITH", "RETURN", "CALL"})
"""Words that may begin a clause after nothing or after a subquery."""

CLAUSES = STARTS | {"WHERE", "ORDER", "SKIP", "LIMIT", "UNION", "YIELD"}

AFTER_OPERAND = CLAUSES | {
    *("AND", "OR", "XOR", "IN", "STARTS", "ENDS", "CONTAINS", "IS", "AS"),
    *("ASC", "ASCENDING", "DESC", "DESCENDING", "WHEN", "THEN", "ELSE", "END"),
}
"""Words that may follow something complete: a value, a pattern, a closing bracket."""

BEFORE_OPERAND = frozenset({"NOT", "DISTINCT", "CASE", "WHEN"})
"""Words besides names that may stand where a value is expected, and are not one."""

COMPLETE = frozenset({"NULL", "TRUE", "FALSE", "END", "ASC", "ASCENDING", "DESC", "DESCENDING"})
"""Words after which something is complete."""

FOLLOWERS: Mapping[str, frozenset[str]] = {
    "STARTS": frozenset({"WITH"}),
    "ENDS": frozenset({"WITH"}),
    "ORDER": frozenset({"BY"}),
    "OPTIONAL": frozenset({"MATCH", "CALL"}),
    "UNION": STARTS | {"ALL", "DISTINCT"},
}
"""Words that another one of these must follow."""

SUBQUERIES = frozenset({"EXISTS", "COUNT", "COLLECT"})

NEVER = _words("""
    ADD ALTER ANALYZE ATTACH BEGIN CHECKPOINT COMMENT COMMIT COPY CREATE DEALLOCATE DELETE
    DENY DETACH DROP DRYRUN ENABLE EXPLAIN EXPORT FINISH FOREACH FORCE GRANT IMPORT INSERT
    INSTALL LOAD MERGE NODETACH PROFILE PROJECT REMOVE RENAME REVOKE ROLLBACK SET SHOW START
    STOP TERMINATE TRANSACTIONS UNINSTALL UPDATE USE
""")
"""Words that no clause begins with and no plain name may be; a second lock behind `CLAUSES`."""

_SHARED = _words("""
    abs acos all any asin atan atan2 avg ceil coalesce collect cos cot count date degrees
    exists floor id keys labels left length log log10 lower ltrim max min nodes none nullif
    percentilecont percentiledisc pi properties radians relationships reverse right round
    rtrim sign sin single size sqrt substring sum tan timestamp tolower toupper trim upper
""")

FUNCTIONS: Mapping[Dialect, frozenset[str]] = {
    "neo4j": _SHARED
    | _words("""
    allshortestpaths btrim char_length character_length date.statement date.transaction
    date.truncate datetime datetime.fromepoch datetime.fromepochmillis datetime.statement
    datetime.transaction datetime.truncate duration duration.between duration.indays
    duration.inmonths duration.inseconds e elementid endnode exp haversin head isempty isnan
    last localdatetime localdatetime.truncate localtime localtime.truncate normalize point
    point.distance point.withinbbox rand range reduce replace shortestpath split startnode
    stdev stdevp tail time time.truncate toboolean tobooleanlist tobooleanornull tofloat
    tofloatlist tofloatornull tointeger tointegerlist tointegerornull tostring tostringlist
    tostringornull type valuetype vector.similarity.cosine vector.similarity.euclidean
"""),
    "ladybug": _SHARED
    | _words("""
    array_contains array_cosine_similarity array_cross_product array_distance
    array_dot_product array_inner_product array_position array_squared_distance cardinality
    cast cbrt ceiling contains current_date current_timestamp date_part date_trunc datepart
    datetrunc dayname decimal element_at end_node ends_with epoch_ms greatest ifnull initcap
    interval is_acyclic is_trail label last_day lcase least levenshtein list_contains
    list_element list_extract list_has list_max list_min list_position list_product
    list_reverse list_slice list_sort list_sum list_unique ln log2 make_date map_extract
    map_keys map_values monthname offset pow prefix regexp_extract regexp_full_match
    regexp_matches rels start_node starts_with struct_extract substr suffix to_date
    to_timestamp typeof ucase wshortest
"""),
}
"""Names of functions in lower case."""

PROCEDURES: Mapping[Dialect, frozenset[str]] = {
    "neo4j": frozenset(
        {
            "db.labels",
            "db.relationshiptypes",
            "db.propertykeys",
            "db.schema.visualization",
            "db.schema.nodetypeproperties",
            "db.schema.reltypeproperties",
            "db.index.vector.querynodes",
            "db.index.fulltext.querynodes",
        }
    ),
    "ladybug": frozenset({"show_tables", "table_info", "show_connection"}),
}
"""Names of procedures in lower case."""

OPERATORS = _words("""
    AllNodesScan Anti AntiSemiApply Apply Argument BidirectionalRepeat CacheProperties
    CartesianProduct ConditionalApply DirectedAllRelationshipsScan
    DirectedRelationshipByElementIdSeek DirectedRelationshipByIdSeek
    DirectedRelationshipIndexContainsScan DirectedRelationshipIndexEndsWithScan
    DirectedRelationshipIndexScan DirectedRelationshipIndexSeek
    DirectedRelationshipIndexSeekByRange DirectedRelationshipTypeScan
    DirectedUnionRelationshipTypesScan Distinct Eager EagerAggregation EmptyResult EmptyRow
    ExhaustiveLimit Expand Filter IntersectionNodeByLabelsScan LeftOuterHashJoin
    LetAntiSemiApply LetSelectOrAntiSemiApply LetSelectOrSemiApply LetSemiApply Limit
    MultiNodeIndexSeek NodeByElementIdSeek NodeByIdSeek NodeByLabelScan
    NodeCountFromCountStore NodeHashJoin NodeIndexContainsScan NodeIndexEndsWithScan
    NodeIndexScan NodeIndexSeek NodeIndexSeekByRange NodeUniqueIndexSeek
    NodeUniqueIndexSeekByRange NullifyMetadata Optional OptionalExpand OrderedAggregation
    OrderedDistinct OrderedUnion PartialSort PartialTop PathPropagatingBFS PreserveOrder
    ProcedureCall ProduceResults ProjectEndpoints Projection RelationshipCountFromCountStore
    Repeat RightOuterHashJoin RollUpApply SelectOrAntiSemiApply SelectOrSemiApply SemiApply
    ShortestPath Skip Sort StatefulShortestPath SubtractionNodeByLabelsScan Top Top1WithTies
    Trail UndirectedAllRelationshipsScan UndirectedRelationshipByElementIdSeek
    UndirectedRelationshipByIdSeek UndirectedRelationshipIndexContainsScan
    UndirectedRelationshipIndexEndsWithScan UndirectedRelationshipIndexScan
    UndirectedRelationshipIndexSeek UndirectedRelationshipIndexSeekByRange
    UndirectedRelationshipTypeScan UndirectedUnionRelationshipTypesScan Union
    UnionNodeByLabelsScan Unwind ValueHashJoin VarLengthExpand
""")
"""Operators of a Neo4j plan that only read the graph, without what they have in brackets."""

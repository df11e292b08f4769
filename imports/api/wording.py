"""What imports and their properties are, for the OpenAPI document: one place for each concept."""

from __future__ import annotations

_SOURCE = "The shop or file whose numbers the file's item numbers are; empty: none was said."
_CURRENCY = "The currency of prices that do not say theirs, such as `EUR`; empty: none was said."
_KIND = "What the file is about: listings, cpus, gpus or part_prices."
_STATE = "How far it is."
_LINE = "Where the record begins in the file: its line, row or item, from 1."
_TITLE = "The title of the offer, or the name of the part."

WORDS: dict[str, str] = {
    # Components
    "ImportSession": "One file, from its upload until it has gone in, or was taken back.",
    "SessionState": "How far an import is: `open` has questions, `ready` can go in, `committed` is in, `undone` out.",
    "RowOutcome": "What became of a record. A `conflict` has the number of another machine and waits for a choice.",
    "ConflictChoice": "What becomes of a record whose number a listing of another machine has.",
    # A file
    "file": "The file: CSV, TSV, XLSX, XLS, ODS, JSON or JSON lines, of at most 100 MB and 200,000 records.",
    "upload": "The file, as older clients call it.",
    "file_name": "What the file was called; shown and never opened.",
    "sha256": "The digest of the file.",
    "encoding": "The encoding of the text, such as `utf-8` or `cp1252`.",
    "delimiter": "What stands between the cells of a text file.",
    "sheet": "The sheet of the workbook that is read.",
    "sheet_names": "The sheets of the workbook.",
    "header_row": "Which record holds the headers, from 1; 0 or null: none does.",
    "Detection.format": "The form of the file: delimited, workbook, json or json_lines.",
    "Detection.notes": "What was seen and tolerated.",
    "Detection.columns": "The columns, and what each means.",
    "ImportColumn.position": "Which column it is, from 0.",
    "ImportColumn.header": "What stands above the column.",
    "ImportColumn.means": "What its cells say; empty: nothing was made of it; `-`: it is left out.",
    "ImportColumn.reason": "Why it is taken for that.",
    "Upload.kind": "What the file is about, where that is not to be guessed.",
    "Upload.source": _SOURCE,
    "Upload.currency": _CURRENCY,
    # An import
    **{
        f"{shown}.{name}": words
        for shown in ("ImportSession", "ImportDetail")
        for name, words in {
            "kind": _KIND,
            "source": _SOURCE,
            "currency": _CURRENCY,
            "state": _STATE,
            "revision": "Counts every change of the import.",
            "counts": "How many records there are by what became of them.",
            "notes": "What was seen and tolerated, and columns of which nothing was made.",
            "progress": "How many records were gone through.",
            "total": "How many records there are.",
            "error": "Why nothing went in; null: all is well.",
            "actor": "The user name of who uploaded it.",
        }.items()
    },
    "left": "What could not be taken back, with the reason.",
    "committed_by": "The user name of who had it go in.",
    "undone_by": "The user name of who took it back.",
    "committed_at": "When it went in, in UTC; null: it has not.",
    "undone_at": "When it was taken back, in UTC; null: it was not.",
    "detection": "How the file was read.",
    "questions": "What is still to be said, first that without which nothing goes in.",
    "ImportDetail.preview": "The first 20 rows as they would go in; none where they have.",
    "ImportDetail.answers": "The answers that were given, by the keys of questions.",
    "choices": "What becomes of conflicts, by line: keep, replace or both; `*` is for all the others.",
    "Mappings.columns": "What columns mean, by header or position; `-` or nothing leaves one out.",
    "Answers.answers": "Answers by the keys of questions.",
    # Tasks
    "ImportTask": "An import that was started as a task; it is followed, answered and taken back as an import.",
    "MarksOf": "What a list of marks is of.",
    "ImportTaskState": "How far it is; `waiting` has questions, to be answered as those of any import.",
    "Benchmarks.path": "The path of the file below IMPORT_ROOT. Give this or `file`.",
    "Benchmarks.file": "The file itself, in a form. Give this or `path`.",
    "Benchmarks.kind": "What the list is of, where its headers do not say.",
    "ImportTask.id": "The number of the import.",
    "ImportTask.kind": "What the list is of: cpus or gpus.",
    "ImportTask.action": "What was started.",
    "ImportTask.status": "How far it is.",
    "ImportTask.progress": "How much of it is done, from 0 to 1.",
    "ImportTask.result": "How many records there are by what became of them.",
    "ImportTask.questions": "How many questions wait for answers.",
    "ImportTask.error": "Why nothing went in; null: all is well.",
    # Questions
    "Question.key": "The name of the question in answers.",
    "Question.kind": "What it is about, such as encoding, columns, decimal_sign, currency or part.",
    "Question.text": "The question in words.",
    "Question.options": "The answers that can be given; none: any text.",
    "Question.lines": "How many records it is about.",
    "Question.suggested": "The answer that is likely; empty: none is.",
    "Question.blocks": "Whether nothing goes in without an answer.",
    "Question.confidence": "How likely the suggested answer is, from 0 to 1.",
    "ImportColumn.confidence": "How sure that is, from 0 to 1.",
    "Question.samples": "A few different values, as examples.",
    "ImportColumn.samples": "A few different values of it.",
    "QuestionOption.value": "What is sent as the answer.",
    "QuestionOption.label": "The answer in words.",
    # Rows
    "ImportRow.line": _LINE,
    "PreviewRow.line": _LINE,
    "ImportRow.title": _TITLE,
    "PreviewRow.title": _TITLE,
    "ImportRow.listing_id": "The listing that it made or changed; null: none.",
    "PreviewRow.listing_id": "The listing that is the same offer; null: a new one would be made.",
    "outcome": "What became, or would become, of the record.",
    "?outcome": "What became of the record.",
    "messages": "What is to be known of the record: why it stays out, or what was not taken.",
    "RowMessage.column": "The column, or the field, that it is about; empty: the whole record.",
    "RowMessage.value": "What stood there.",
    "RowMessage.message": "What is to be known, with the remedy where there is one.",
    "PreviewRow.values": "The values as they would be stored.",
    "PreviewValue.field": "The field of the listing.",
    "PreviewValue.value": "The value as it would be stored.",
    "PreviewValue.where": "Where it came from: column, title, catalog or default; empty: it follows from others.",
    "PreviewValue.header": "The header of the column that it came from; empty: none.",
}

//! The TypeScript side.

use std::fmt::{self, Write};

use workpool_core::{Column, Snapshot};

use crate::{
    answers, batches, commands, exchange, measures, registers, streams,
    table::{Enumeration, Row},
    values,
};

/// Longest line.
const WIDTH: usize = 120;

/// What is not a number of the core, but a part of two: in which group it stands, and what it is.
const RATE: (&str, &[&str]) = ("workers", &["reused / started: from 0 to 1; 0 if none was started."]);

/// What is there only if the pool measures or has measured.
const MEASURED: [(&str, &[&str]); 2] = [
    (
        "wait",
        &[
            "How long tasks have waited, from their acceptance until their function was called, in ms. Only if the pool has",
            "the option `measure`, or has had it; of tasks that were accepted since then, and whose function has ended.",
        ],
    ),
    ("run", &["How long the functions of these tasks have run, also after the task had settled, in ms."]),
];

const NOTICE: &str = "`npm run abi` writes it from `crate/abi` and the core.";

/// `src/native/abi.ts`: what both sides number alike.
///
/// # Errors
/// Those of `to`.
pub fn write_abi(to: &mut impl Write) -> fmt::Result {
    writeln!(to, "// What Rust and TypeScript agree on by number. {NOTICE}")?;
    let enumerations = [
        answers::Refusal::ENUMERATION,
        answers::Offer::ENUMERATION,
        answers::How::ENUMERATION,
        answers::Cancelled::ENUMERATION,
        answers::Interruption::ENUMERATION,
        answers::Linger::ENUMERATION,
        commands::CommandKind::ENUMERATION,
        commands::Rejection::ENUMERATION,
        commands::Vacancy::ENUMERATION,
        registers::Word::ENUMERATION,
        registers::Time::ENUMERATION,
        values::ValueKind::ENUMERATION,
        values::ValueFlag::ENUMERATION,
        exchange::Column::ENUMERATION,
        exchange::Figure::ENUMERATION,
        batches::BatchHead::ENUMERATION,
        batches::BatchRow::ENUMERATION,
        batches::ArgumentRow::ENUMERATION,
        measures::MeasuresHead::ENUMERATION,
        measures::MeasureHead::ENUMERATION,
        streams::StreamHead::ENUMERATION,
        streams::Flow::ENUMERATION,
        streams::Look::ENUMERATION,
        answers::CONSTANTS,
        commands::CONSTANTS,
        registers::CONSTANTS,
        exchange::CONSTANTS,
        batches::CONSTANTS,
        measures::CONSTANTS,
        streams::CONSTANTS,
    ];
    for enumeration in &enumerations {
        writeln!(to)?;
        write_enumeration(to, enumeration)?;
    }
    Ok(())
}

/// `src/native/pool-stats.ts`: what `stats()` gives, and where the core writes each number of it.
///
/// # Errors
/// Those of `to`.
pub fn write_stats(to: &mut impl Write) -> fmt::Result {
    writeln!(to, "// What `stats()` gives. {NOTICE}")?;
    writeln!(to, "import type {{ HistogramSummary }} from '../base/histogram-summary.js'\n")?;
    writeln!(to, "/** One consistent snapshot of a pool. Unbounded counts are `Infinity`. */")?;
    writeln!(to, "export interface PoolStats {{")?;
    writeln!(to, "  /** The name of the pool, as `pool.name`. */\n  name: string")?;
    for group in Snapshot::groups() {
        if group.doc.is_empty() {
            write_members(to, "  ", group.columns)?;
            continue;
        }
        write_doc(to, "  ", group.doc)?;
        writeln!(to, "  {}: {{", camel(group.name))?;
        write_members(to, "    ", group.columns)?;
        if group.name == RATE.0 {
            write_doc(to, "    ", RATE.1)?;
            writeln!(to, "    reuseRate: number")?;
        }
        writeln!(to, "  }}")?;
    }
    for (name, doc) in MEASURED {
        write_doc(to, "  ", doc)?;
        writeln!(to, "  {name}?: HistogramSummary")?;
    }
    writeln!(to, "}}\n\n/** Where the core writes each number. */\nexport const enum Stat {{")?;
    let columns = Snapshot::groups().flat_map(|group| group.columns);
    for (place, column) in columns.enumerate() {
        writeln!(to, "  {} = {place},", camel(column.name))?;
    }
    writeln!(to, "}}\n\n/** How many there are. */\nexport const STATS = {}", Snapshot::COLUMNS)?;
    writeln!(to, "\n/** What the core has written, as `stats()` gives it. */")?;
    writeln!(
        to,
        "export const statsOf = (name: string, numbers: ArrayLike<number>): PoolStats => ({{\n  name,"
    )?;
    for group in Snapshot::groups() {
        if group.doc.is_empty() {
            write_values(to, "  ", group.columns)?;
            continue;
        }
        writeln!(to, "  {}: {{", camel(group.name))?;
        write_values(to, "    ", group.columns)?;
        if group.name == RATE.0 {
            writeln!(to, "    reuseRate: numbers[Stat.reused]! / (numbers[Stat.started]! || 1),")?;
        }
        writeln!(to, "  }},")?;
    }
    writeln!(to, "}})")
}

fn write_enumeration(to: &mut impl Write, Enumeration { name, doc, rows }: &Enumeration) -> fmt::Result {
    write_doc(to, "", doc)?;
    writeln!(to, "export const enum {name} {{")?;
    for Row { name, doc, value } in *rows {
        write_doc(to, "  ", doc)?;
        writeln!(to, "  {} = {value},", member(name))?;
    }
    writeln!(to, "}}")
}

fn write_members(to: &mut impl Write, indent: &str, columns: &[Column]) -> fmt::Result {
    for Column { name, doc, is_flag } in columns {
        write_doc(to, indent, doc)?;
        writeln!(to, "{indent}{}: {}", camel(name), if *is_flag { "boolean" } else { "number" })?;
    }
    Ok(())
}

fn write_values(to: &mut impl Write, indent: &str, columns: &[Column]) -> fmt::Result {
    for Column { name, is_flag, .. } in columns {
        let name = camel(name);
        let reading = if *is_flag { " === 1" } else { "!" };
        writeln!(to, "{indent}{name}: numbers[Stat.{name}]{reading},")?;
    }
    Ok(())
}

/// A doc comment, on one line if it fits.
fn write_doc(to: &mut impl Write, indent: &str, doc: &[&str]) -> fmt::Result {
    let line = |text: &str| format!("{indent}/** {} */", text.trim());
    match doc {
        [] => Ok(()),
        [only] if line(only).chars().count() <= WIDTH => writeln!(to, "{}", line(only)),
        lines => {
            writeln!(to, "{indent}/**")?;
            for text in lines {
                writeln!(to, "{}", format!("{indent} * {}", text.trim()).trim_end())?;
            }
            writeln!(to, "{indent} */")
        }
    }
}

/// `UpperCamelCase` or `UPPER_CASE` as `lowerCamelCase`.
fn member(name: &str) -> String {
    if name.chars().all(|character| character == '_' || character.is_ascii_uppercase()) {
        return camel(&name.to_ascii_lowercase());
    }
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect()
}

/// `snake_case` as `lowerCamelCase`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(1);
        name + &initial.to_ascii_uppercase() + rest
    })
}

//! `Range` (RFC 9110, 14), byte by byte.

/// What a client is to get.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Everything: there is no range that this server serves.
    Whole,
    /// These bytes, by their positions.
    Part(Vec<usize>),
    /// Nothing: no byte is in the range.
    Nothing,
}

/// What is due of `size` bytes to whoever sent these values of the header.
pub(crate) fn due(values: &[&[u8]], size: usize) -> Due {
    let [value] = values else { return Due::Whole };
    let Ok(value) = std::str::from_utf8(value) else {
        return Due::Whole;
    };
    let Some((unit, set)) = value.split_once('=') else {
        return Due::Whole;
    };
    let Some((first, last)) = set.trim_matches([' ', '\t']).split_once('-') else {
        return Due::Whole;
    };
    let numbers = (number(first), number(last));
    if !unit.eq_ignore_ascii_case("bytes") || numbers.0.is_none() || numbers.1.is_none() {
        return Due::Whole;
    }
    let asked = |at: usize| match numbers {
        (Some(Some(first)), Some(Some(last))) => (first..=last).contains(&(at as u128)),
        (Some(Some(first)), _) => first <= at as u128,
        (_, Some(Some(suffix))) => (size - at) as u128 <= suffix,
        _ => false,
    };
    match numbers {
        (Some(None), Some(None)) => Due::Whole,
        (Some(Some(first)), Some(Some(last))) if last < first => Due::Whole,
        _ => {
            let positions: Vec<usize> = (0..size).filter(|at| asked(*at)).collect();
            if positions.is_empty() {
                Due::Nothing
            } else {
                Due::Part(positions)
            }
        }
    }
}

/// A number, or nothing; `None` is neither. As great as it may be, it is beyond every file's end.
#[expect(clippy::option_option, reason = "absent and malformed are two things")]
fn number(text: &str) -> Option<Option<u128>> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text {
        "" => Some(None),
        _ if digits => Some(Some(text.parse().unwrap_or(u128::MAX))),
        _ => None,
    }
}

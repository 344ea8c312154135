//! What is printed: medians with their range, and ratios.

/// Samples of one figure.
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn new(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// Below which this part of them lies.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * part).round() as usize]
    }

    fn ends(&self) -> (f64, f64) {
        (self.0[0], self.0[self.0.len() - 1])
    }

    fn range(&self) -> String {
        let (least, most) = self.ends();
        format!("{least:.1} to {most:.1}")
    }
}

pub(crate) fn title(workload: &str, what: &str) {
    println!("\n{workload}: {what}");
}

pub(crate) fn line(name: &str, samples: &Samples, unit: &str) {
    println!(
        "  {name:<44} {:>10.1} {unit:<10} ({})",
        samples.median(),
        samples.range()
    );
}

pub(crate) fn figure(name: &str, value: f64, unit: &str, goal: &str) {
    println!("  {name:<44} {value:>10.2} {unit:<10} goal {goal}");
}

/// LeyLine and its raw limit, measured in turns.
#[derive(Default)]
pub(crate) struct Pair {
    pub(crate) raw: Vec<f64>,
    pub(crate) leyline: Vec<f64>,
}

impl Pair {
    /// Prints both, and the ratio of each round.
    pub(crate) fn print(self, what: &str, unit: &str, goal: &str) {
        ratio(what, &self.leyline, &self.raw, goal);
        line(&format!("{what}: by hand"), &Samples::new(self.raw), unit);
        line(&format!("{what}: leyline"), &Samples::new(self.leyline), unit);
    }
}

/// LeyLine, a table by hand that answers the same questions, and one that has only what these statements need, in turns.
#[derive(Default)]
pub(crate) struct Trio {
    pub(crate) equal: Vec<f64>,
    pub(crate) bare: Vec<f64>,
    pub(crate) leyline: Vec<f64>,
}

impl Trio {
    /// Prints all three. The goal is for the equal one: the raw limit is no easier than what LeyLine does.
    pub(crate) fn print(self, what: &str, unit: &str, goal: &str) {
        let bare = format!("{what}, beside fewer indexes");
        ratio(&bare, &self.leyline, &self.bare, "none");
        line(&format!("{bare}: by hand"), &Samples::new(self.bare), unit);
        let (raw, leyline) = (self.equal, self.leyline);
        Pair { raw, leyline }.print(what, unit, goal);
    }
}

/// Prints the ratio of each round.
pub(crate) fn ratio(what: &str, measured: &[f64], limit: &[f64], goal: &str) {
    let ratios = measured
        .iter()
        .zip(limit)
        .map(|(measured, limit)| measured / limit);
    let ratios = Samples::new(ratios.collect());
    let (least, most) = ratios.ends();
    let (name, median) = (format!("{what}: RATIO"), ratios.median());
    println!(
        "  {name:<44} {median:>10.2} {:<10} ({least:.2} to {most:.2}) goal {goal}",
        ""
    );
}

//! Workers that are stopped (SIGSTOP) in the middle of a task, and continued (SIGCONT) when another has taken over: nothing
//! that they write then may count.
//!
//! `LEYLINE_ZOMBIE_CYCLES` (default 6) says how many are stopped: three at once, one at each [point](told::Point).

mod process;
mod successor;
mod told;
mod verdict;
mod watched;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::time::{Duration, Instant};

use leyline_core::{Json, Leyline, Options, TaskId};
use tokio::sync::mpsc;

use crate::audit;
use crate::given::{self, Store};
use crate::worker::{incarnations, until_all_have_beaten};
use process::{Zombie, signal};
use successor::Successor;
use told::{Point, Told};
use verdict::Seen;

const KIND: &str = "any";
/// The name of every artifact.
const RESULT: &str = "result";
/// A lease that is short, and long enough for a busy machine.
const TTL: Duration = Duration::from_millis(1_200);
/// How long a process may take for what it has to tell.
const PATIENCE: Duration = Duration::from_mins(1);

/// Past the capture of the test harness: what was done is to be seen where the test passes, too.
macro_rules! say {
    ($($line:tt)*) => {
        writeln!(std::io::stderr(), $($line)*).expect("standard error is there")
    };
}

/// Those of every worker here.
fn options() -> Options {
    let mut options = Options::default();
    options.lease_ttl = TTL;
    options.poll_interval = Duration::from_millis(200);
    options.concurrency = Point::ALL.len();
    options
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_that_goes_on_after_another_took_over_writes_nothing_stale() {
    let cycles: usize =
        std::env::var("LEYLINE_ZOMBIE_CYCLES").map_or(6, |text| text.parse().expect("it is a number"));
    let rounds = cycles.div_ceil(Point::ALL.len());
    let store = given::store(|_| {}).await;
    audit::begin(&store).await;
    let began = Instant::now();
    let mut scene = Scene::set(&store).await;
    let mut seen = Seen::default();
    for round in 1..=rounds {
        scene.play(round % 2 == 0, &mut seen).await;
        if round % 10 == 0 {
            say!(
                "zombies: {} cycles, {:?}",
                round * Point::ALL.len(),
                began.elapsed()
            );
        }
    }
    for zombie in scene.zombies {
        assert!(zombie.end().success());
    }
    // Whatever they sent at the very end has come to the server by now.
    for (id, roles) in &seen.tasks {
        verdict::nothing_stale(&store, *id, roles).await;
    }
    say!(
        "zombies: {} cycles in {:?}: {seen}",
        rounds * Point::ALL.len(),
        began.elapsed()
    );
    assert_eq!(seen.tasks.len(), rounds * Point::ALL.len());
    assert_eq!(
        (seen.checkpoints_refused, seen.finishes_refused >= rounds),
        (rounds, true),
        "{seen}"
    );
    assert!(
        seen.progress_refused > 0 && seen.swept == seen.tasks.len(),
        "{seen}"
    );
}

/// The processes that are stopped, and what they say.
struct Scene<'a> {
    store: &'a Store,
    folder: tempfile::TempDir,
    zombies: Vec<Zombie>,
    told: mpsc::UnboundedReceiver<(TaskId, Told)>,
}

impl<'a> Scene<'a> {
    async fn set(store: &'a Store) -> Self {
        let folder = tempfile::tempdir().expect("there is room");
        let (tell, told) = mpsc::unbounded_channel();
        let mut zombies = Vec::new();
        for _ in Point::ALL {
            let role = given::role().await;
            zombies.push(Zombie::start(role, store, folder.path(), tell.clone()));
        }
        given::until(async || incarnations(store).await.len() == zombies.len()).await;
        Self {
            store,
            folder,
            zombies,
            told,
        }
    }

    /// One round. The stopped ones go on while their successor is at work or, if `late`, when it has finished.
    async fn play(&mut self, late: bool, seen: &mut Seen) {
        let successor = Successor::new(self.store, self.folder.path()).await;
        let mut points = BTreeMap::new();
        for at in Point::ALL {
            points.insert(submit(&successor.leyline, at).await, at);
        }
        for (id, at) in &points {
            self.hear(*id, Told::At(*at), seen).await;
        }
        signal(&self.zombies, "STOP");
        let mut successor = successor.run();
        successor.until_it_has(points.len()).await;
        if late {
            successor.finishes(points.keys()).await;
        }
        for id in points.keys() {
            for zombie in &mut self.zombies {
                zombie.go(*id);
            }
        }
        signal(&self.zombies, "CONT");
        for (id, at) in &points {
            let last = match at {
                Point::Finish => Told::Finish { refused: true },
                Point::Progress | Point::Artifact => Told::Ended,
            };
            self.hear(*id, last, seen).await;
        }
        // Each of them lives again, and has been told what it lost.
        given::until(async || incarnations(self.store).await.len() == self.zombies.len() + 1).await;
        until_all_have_beaten(self.store, 2).await;
        successor.finishes(points.keys()).await;
        self.judge(&successor, points, seen).await;
        successor.end().await;
    }

    /// Waits until this is told of this task.
    async fn hear(&mut self, id: TaskId, what: Told, seen: &mut Seen) {
        let hearing = async {
            while !seen.has_told(id, what) {
                let (id, told) = self.told.recv().await.expect("the processes live");
                seen.told(id, told);
            }
        };
        let heard = tokio::time::timeout(PATIENCE, hearing).await;
        heard.unwrap_or_else(|_| panic!("{id} never told {what}"));
    }

    async fn judge(&mut self, successor: &Successor, points: BTreeMap<TaskId, Point>, seen: &mut Seen) {
        while let Ok((id, told)) = self.told.try_recv() {
            seen.told(id, told);
        }
        let roles = verdict::Roles {
            stopped: self
                .zombies
                .iter()
                .map(|zombie| zombie.role.name.clone())
                .collect(),
            successor: successor.role.name.clone(),
        };
        for id in points.into_keys() {
            verdict::ended_by_the_successor(self.store, &successor.leyline, id, &roles).await;
            seen.tasks.push((id, roles.clone()));
        }
        seen.swept += verdict::only_garbage_is_swept(self.store, self.folder.path(), &seen.tasks).await;
    }
}

/// Accepts a task with an input, for a worker that is stopped at this point.
async fn submit(leyline: &Leyline, at: Point) -> TaskId {
    let mut task = leyline.new_task(KIND).expect("the kind is declared");
    task.params = Json::parse(&format!(r#"{{"at":"{}"}}"#, at.name())).expect("it is JSON");
    let mut upload = leyline
        .upload(task, "input", None)
        .expect("there is a blob store");
    upload.write("what is given".into()).await.expect("it is written");
    upload.finish().await.expect("it is accepted").task.id
}

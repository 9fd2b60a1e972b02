//! The points of consecutive scalars, a batch at a time.
//!
//! They are added in affine coordinates, which p256 gives as elements of the field: the group's own addition and normalisation
//! take three times as long, because they are made for points about which nothing is known.

use std::sync::LazyLock;

use p256::elliptic_curve::BatchNormalize as _;
use p256::elliptic_curve::ff::{BatchInverter, Field, PrimeField as _};
use p256::elliptic_curve::hazmat::FieldArithmetic;
use p256::elliptic_curve::ops::Reduce as _;
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::{AffinePoint, FieldBytes, NistP256, ProjectivePoint, Scalar};

use crate::authenticator::keys::derive_bytes;

/// Points that share an inversion in the field.
const BATCH: usize = 256;

/// An element of the field that coordinates are in.
type Coordinate = <NistP256 as FieldArithmetic>::FieldElement;

/// A point that is not the one at infinity.
#[derive(Clone, Copy)]
pub(super) struct Point {
    x: Coordinate,
    y: Coordinate,
}

impl Point {
    fn new(point: &AffinePoint) -> Point {
        let read = |bytes| Coordinate::from_repr(bytes).expect("p256 writes coordinates of its own field");
        Point { x: read(point.x()), y: read(point.y()) }
    }

    /// The x coordinate, big-endian.
    pub(super) fn x(&self) -> FieldBytes {
        self.x.to_repr()
    }

    /// The y coordinate, big-endian.
    pub(super) fn y(&self) -> FieldBytes {
        self.y.to_repr()
    }
}

/// G, 2·G, .. BATCH·G.
static MULTIPLES: LazyLock<Vec<Point>> = LazyLock::new(|| {
    let multiple = |sum: &mut ProjectivePoint, _| {
        *sum += AffinePoint::GENERATOR;
        Some(*sum)
    };
    let points: Vec<ProjectivePoint> = (0..BATCH).scan(ProjectivePoint::IDENTITY, multiple).collect();
    ProjectivePoint::batch_normalize(points.as_slice()).iter().map(Point::new).collect()
});

/// The scalars k, k + 1, .. and the points that they give, each made into a `T`.
#[derive(Clone)]
pub(super) struct Walk<T> {
    /// The last scalar of the batch, and its point.
    scalar: Scalar,
    point: Point,
    ready: Vec<T>,
    used: usize,
}

impl<T: Copy> Walk<T> {
    /// From the scalar that a seed gives under a name.
    pub(super) fn new(seed: &[u8; 32], name: &str) -> Walk<T> {
        let mut base = [0; 32];
        base.copy_from_slice(&derive_bytes(seed, name, 32));
        // Between 2^254 and 2^255, which is far below the group order and far above BATCH: no scalar that is ever reached is
        // zero or one of a multiple in the table, nor the negative of one.
        base[0] = base[0] & 0x7f | 0x40;
        let scalar = Scalar::reduce(&FieldBytes::from(base));
        let point = Point::new(&(ProjectivePoint::GENERATOR * scalar).to_affine());
        Walk { scalar, point, ready: Vec::new(), used: 0 }
    }

    /// The next one; `make` is called with a batch of scalars and points if none is ready.
    pub(super) fn next(&mut self, make: impl FnOnce(Vec<Scalar>, Vec<Point>) -> Vec<T>) -> T {
        if self.used == self.ready.len() {
            let (scalars, points) = (self.scalars(), self.points());
            (self.ready, self.used) = (make(scalars, points), 0);
        }
        self.used += 1;
        self.ready[self.used - 1]
    }

    fn scalars(&mut self) -> Vec<Scalar> {
        let next = |_| {
            self.scalar += Scalar::ONE;
            self.scalar
        };
        (0..BATCH).map(next).collect()
    }

    /// Adds every multiple of G to the point by the affine addition law (SEC 1 §2.2.1).
    fn points(&mut self) -> Vec<Point> {
        let base = self.point;
        let mut inverses: Vec<Coordinate> = MULTIPLES.iter().map(|multiple| multiple.x - base.x).collect();
        invert(&mut inverses);
        let add = |(multiple, inverse): (&Point, Coordinate)| {
            let slope = (multiple.y - base.y) * inverse;
            let x = slope.square() - base.x - multiple.x;
            Point { x, y: slope * (base.x - x) - base.y }
        };
        let points: Vec<Point> = MULTIPLES.iter().zip(inverses).map(add).collect();
        self.point = points.last().copied().unwrap_or(base);
        points
    }
}

/// Replaces every element by its inverse, with one inversion.
pub(super) fn invert<F: Field>(elements: &mut [F]) {
    let mut scratch = vec![F::ZERO; elements.len()];
    BatchInverter::invert_with_external_scratch(elements, &mut scratch);
}

//! Two small databases of a household, one in Spanish and one in English, always with the same contents.

#![allow(dead_code, reason = "each test uses some of it")]
#![allow(clippy::unwrap_used, clippy::too_many_lines, reason = "a test fails by panicking, and tables are long")]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_wrap, reason = "small numbers of its own making")]

use std::path::Path;

use rusqlite::{Connection, params};

/// What a file was made with; `open` it without a guard only to build or to compare.
pub(crate) fn spanish(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE personas (id INTEGER PRIMARY KEY, nombre TEXT NOT NULL, parentesco TEXT, nacimiento DATE, ciudad TEXT);
         CREATE TABLE gastos (id INTEGER PRIMARY KEY, fecha DATE NOT NULL, concepto TEXT NOT NULL, categoria TEXT NOT NULL,
             importe REAL NOT NULL, persona_id INTEGER REFERENCES personas(id));
         CREATE TABLE libros (id INTEGER PRIMARY KEY, titulo TEXT NOT NULL, autor TEXT NOT NULL, genero TEXT, anio INTEGER,
             paginas INTEGER, leido INTEGER NOT NULL DEFAULT 0);
         CREATE TABLE prestamos (id INTEGER PRIMARY KEY, libro_id INTEGER NOT NULL REFERENCES libros(id),
             persona_id INTEGER NOT NULL REFERENCES personas(id), prestado DATE NOT NULL, devuelto DATE);
         CREATE TABLE lecturas (id INTEGER PRIMARY KEY, momento DATETIME NOT NULL, habitacion TEXT NOT NULL,
             temperatura REAL NOT NULL, humedad INTEGER NOT NULL);",
    )
    .unwrap();
    for (nombre, parentesco, nacimiento, ciudad) in [
        ("Ana García", "madre", "1961-04-12", "Sevilla"),
        ("Luis Pérez", "padre", "1958-11-30", "Sevilla"),
        ("Marta Pérez", "hermana", "1990-02-03", "Madrid"),
        ("Iñigo Otxoa", "amigo", "1988-07-21", "Bilbao"),
        ("Sofía Núñez", "amiga", "1991-09-09", "Madrid"),
        ("Rosa Vidal", "vecina", "1979-01-15", "Sevilla"),
    ] {
        db.execute(
            "INSERT INTO personas (nombre, parentesco, nacimiento, ciudad) VALUES (?, ?, ?, ?)",
            params![nombre, parentesco, nacimiento, ciudad],
        )
        .unwrap();
    }
    let mut random = Random(7);
    let things = [
        ("Supermercado", "Alimentación", 18, 90),
        ("Frutería", "Alimentación", 6, 25),
        ("Alquiler", "Vivienda", 780, 781),
        ("Luz", "Suministros", 45, 95),
        ("Agua", "Suministros", 20, 40),
        ("Cine", "Ocio", 8, 24),
        ("Cena", "Ocio", 25, 80),
        ("Gasolina", "Transporte", 35, 70),
        ("Tren", "Transporte", 12, 60),
        ("Farmacia", "Salud", 5, 45),
    ];
    for month in 1..=12 {
        for (at, (concepto, categoria, least, most)) in things.iter().enumerate() {
            let times = if matches!(at, 0 | 1) { 3 } else { 1 };
            for _ in 0..times {
                let day = 1 + random.below(28);
                let cents = random.between(least * 100, most * 100);
                db.execute(
                    "INSERT INTO gastos (fecha, concepto, categoria, importe, persona_id) VALUES (?, ?, ?, ?, ?)",
                    params![
                        format!("2026-{month:02}-{day:02}"),
                        concepto,
                        categoria,
                        cents as f64 / 100.0,
                        1 + random.below(4) as i64
                    ],
                )
                .unwrap();
            }
        }
    }
    for (titulo, autor, genero, anio, paginas, leido) in [
        ("Cien años de soledad", "Gabriel García Márquez", "Novela", 1967, 471, 1),
        ("El amor en los tiempos del cólera", "Gabriel García Márquez", "Novela", 1985, 464, 0),
        ("Ficciones", "Jorge Luis Borges", "Cuento", 1944, 203, 1),
        ("El Aleph", "Jorge Luis Borges", "Cuento", 1949, 146, 0),
        ("Nada", "Carmen Laforet", "Novela", 1945, 276, 1),
        ("Veinte poemas de amor y una canción desesperada", "Pablo Neruda", "Poesía", 1924, 92, 1),
        ("Campos de Castilla", "Antonio Machado", "Poesía", 1912, 180, 0),
        ("La casa de los espíritus", "Isabel Allende", "Novela", 1982, 433, 0),
        ("Don Quijote de la Mancha", "Miguel de Cervantes", "Novela", 1605, 1106, 0),
        ("Sapiens", "Yuval Noah Harari", "Ensayo", 2011, 512, 1),
        ("El infinito en un junco", "Irene Vallejo", "Ensayo", 2019, 452, 1),
        ("Patria", "Fernando Aramburu", "Novela", 2016, 646, 0),
    ] {
        db.execute(
            "INSERT INTO libros (titulo, autor, genero, anio, paginas, leido) VALUES (?, ?, ?, ?, ?, ?)",
            params![titulo, autor, genero, anio, paginas, leido],
        )
        .unwrap();
    }
    for (libro, persona, prestado, devuelto) in [
        (1, 3, "2026-01-10", Some("2026-02-20")),
        (5, 5, "2026-03-02", None),
        (10, 4, "2026-04-15", Some("2026-05-01")),
        (3, 3, "2026-06-08", None),
        (11, 5, "2026-07-19", Some("2026-09-30")),
        (1, 4, "2026-09-12", None),
    ] {
        db.execute(
            "INSERT INTO prestamos (libro_id, persona_id, prestado, devuelto) VALUES (?, ?, ?, ?)",
            params![libro, persona, prestado, devuelto],
        )
        .unwrap();
    }
    for day in 1..=30 {
        for (room, base) in [("salón", 200), ("dormitorio", 185), ("cocina", 215)] {
            let tenths = base + random.below(40) as i64;
            db.execute(
                "INSERT INTO lecturas (momento, habitacion, temperatura, humedad) VALUES (?, ?, ?, ?)",
                params![format!("2026-11-{day:02} 08:30:00"), room, tenths as f64 / 10.0, 40 + random.below(25) as i64],
            )
            .unwrap();
        }
    }
    db
}

pub(crate) fn english(path: &Path) -> Connection {
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE people (person_id INTEGER PRIMARY KEY, name TEXT NOT NULL, birthday TEXT, city TEXT);
         CREATE TABLE bills (bill_id INTEGER PRIMARY KEY, paid_on TEXT NOT NULL, payee TEXT NOT NULL, category TEXT NOT NULL,
             amount DECIMAL(10, 2) NOT NULL, person_id INTEGER);
         CREATE TABLE films (film_id INTEGER PRIMARY KEY, title TEXT NOT NULL, director TEXT, genre TEXT, year INTEGER,
             minutes INTEGER, rating REAL);
         CREATE TABLE viewings (viewing_id INTEGER PRIMARY KEY, film_id INTEGER REFERENCES films, person_id INTEGER
             REFERENCES people, seen_on TEXT NOT NULL);
         CREATE TABLE meter_readings (id INTEGER PRIMARY KEY, taken_at TEXT NOT NULL, meter TEXT NOT NULL, kwh REAL);
         CREATE VIEW monthly_bills AS SELECT strftime('%Y-%m', paid_on) AS month, SUM(amount) AS total FROM bills GROUP BY 1;",
    )
    .unwrap();
    for (name, birthday, city) in [
        ("Alice Brown", "1985-05-17", "Leeds"),
        ("Bob Carter", "1983-12-01", "Leeds"),
        ("Carol Jones", "2010-08-25", "Leeds"),
        ("David Smith", "1990-03-14", "York"),
        ("Emma Wilson", "1978-10-02", "Bath"),
    ] {
        db.execute("INSERT INTO people (name, birthday, city) VALUES (?, ?, ?)", params![name, birthday, city])
            .unwrap();
    }
    let mut random = Random(11);
    for month in 1..=12 {
        for (payee, category, least, most) in [
            ("Tesco", "groceries", 30, 120),
            ("Green Grocer", "groceries", 8, 30),
            ("Northern Power", "energy", 60, 140),
            ("Yorkshire Water", "water", 25, 45),
            ("City Council", "taxes", 150, 151),
            ("FibreNet", "internet", 32, 33),
            ("Odeon", "leisure", 12, 40),
        ] {
            let day = 1 + random.below(28);
            let cents = random.between(least * 100, most * 100);
            db.execute(
                "INSERT INTO bills (paid_on, payee, category, amount, person_id) VALUES (?, ?, ?, ?, ?)",
                params![
                    format!("2026-{month:02}-{day:02}"),
                    payee,
                    category,
                    cents as f64 / 100.0,
                    1 + random.below(2) as i64
                ],
            )
            .unwrap();
        }
    }
    for (title, director, genre, year, minutes, rating) in [
        ("Alien", "Ridley Scott", "science fiction", 1979, 117, 8.5),
        ("Blade Runner", "Ridley Scott", "science fiction", 1982, 117, 8.1),
        ("Casablanca", "Michael Curtiz", "drama", 1942, 102, 8.5),
        ("Paddington", "Paul King", "comedy", 2014, 95, 7.3),
        ("Paddington 2", "Paul King", "comedy", 2017, 103, 7.8),
        ("Parasite", "Bong Joon-ho", "thriller", 2019, 132, 8.5),
        ("Psycho", "Alfred Hitchcock", "thriller", 1960, 109, 8.5),
        ("Rear Window", "Alfred Hitchcock", "thriller", 1954, 112, 8.5),
        ("Spirited Away", "Hayao Miyazaki", "animation", 2001, 125, 8.6),
        ("The Iron Giant", "Brad Bird", "animation", 1999, 86, 8.1),
    ] {
        db.execute(
            "INSERT INTO films (title, director, genre, year, minutes, rating) VALUES (?, ?, ?, ?, ?, ?)",
            params![title, director, genre, year, minutes, rating],
        )
        .unwrap();
    }
    for (film, person, seen_on) in [
        (4, 3, "2026-01-03"),
        (4, 1, "2026-01-03"),
        (5, 3, "2026-02-14"),
        (9, 3, "2026-03-21"),
        (9, 2, "2026-03-21"),
        (1, 2, "2026-05-02"),
        (6, 1, "2026-06-11"),
        (6, 4, "2026-06-11"),
        (10, 3, "2026-10-31"),
    ] {
        db.execute(
            "INSERT INTO viewings (film_id, person_id, seen_on) VALUES (?, ?, ?)",
            params![film, person, seen_on],
        )
        .unwrap();
    }
    for day in 1..=28 {
        for (meter, base) in [("day", 60), ("night", 25)] {
            let tenths = base + random.below(50) as i64;
            db.execute(
                "INSERT INTO meter_readings (taken_at, meter, kwh) VALUES (?, ?, ?)",
                params![format!("2026-10-{day:02}T23:59:00Z"), meter, tenths as f64 / 10.0],
            )
            .unwrap();
        }
    }
    db
}

/// The same numbers each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn between(&mut self, least: u64, end: u64) -> u64 {
        least + self.below(end - least)
    }
}

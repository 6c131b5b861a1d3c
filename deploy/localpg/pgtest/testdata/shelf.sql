create table book (id int primary key, title text not null);
insert into book values (1, 'Middlemarch'), (2, 'Bleak House');
